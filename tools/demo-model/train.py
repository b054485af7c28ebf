"""Trains the demo's picture and text towers on drawings and writes them as ONNX models. See README.md."""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from tokenizers import Tokenizer
from torch.nn import functional

import captions
import drawings
import losses
from export import export
from model import Towers, pixels
from tokens import train_tokenizer

VOCABULARY = 1200


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blockscope", help="the program that draws; without it the folders must hold drawings already")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the drawings' folders")
    parser.add_argument("--number", type=int, default=60_000, help="drawings to train on")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="checkpoint to go on from, for new versions of some drawings")
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread, each with its share of a batch")
    parser.add_argument("--port", type=int, default=29_511, help="where the workers meet, on this machine")
    parser.add_argument("--output", type=Path, default=Path("demo-clip"))
    return parser.parse_args()


def shifted(x, generator):
    """Moved by some pixels, a little brighter or darker: drawings that the artist's frame does not give."""
    dx, dy = torch.randint(-4, 5, (2,), generator=generator).tolist()
    size = x.shape[-1]
    x = functional.pad(x, (4, 4, 4, 4), mode="replicate")[:, :, 4 + dy : 4 + dy + size, 4 + dx : 4 + dx + size]
    light = torch.empty(2, len(x), 1, 1, 1).uniform_(-0.08, 0.08, generator=generator)
    return (x * (1 + light[0]) + light[1]).contiguous(memory_format=torch.channels_last)


class Trainer:
    """One worker: with the others' weights, and a part of every batch of its own."""

    def __init__(self, options, worker):
        self.options = options
        self.worker = worker
        torch.manual_seed(options.seed)
        # One thread a worker: threads that wait for each other after every layer lose much more on a busy machine.
        torch.set_num_threads(1)
        self.generator = torch.Generator().manual_seed(options.seed * 100 + worker)
        self.pictures, self.facts = drawings.load(options.data / "train")
        start = torch.load(options.start, weights_only=False) if options.start else None
        if start:
            self.catalogue = drawings.Catalogue.restore(start["catalogue"])
        else:
            self.catalogue = drawings.Catalogue(self.facts, captions.SORTS)
        self.captions = captions.Captions(self.catalogue, options.seed)
        self.codes = self.catalogue.codes(self.facts)
        # One tokeniser for all workers, the first one's.
        made = [start["tokenizer"] if start else self.new_tokenizer()]
        dist.broadcast_object_list(made)
        self.tokenizer = Tokenizer.from_str(made[0])
        self.towers = Towers(self.tokenizer.get_vocab_size())
        if start:
            self.towers.load_state_dict(start["weights"])
        self.captions.rng = np.random.default_rng((options.seed, worker))
        self.towers.vision.to(memory_format=torch.channels_last)

    def new_tokenizer(self):
        said = [self.captions.of(fact)[0] for fact in self.facts[:20_000]]
        prompts = [text for f in drawings.FACTORS for _ in range(40) for text in self.captions.prompts(f)[0]]
        return train_tokenizer(said + prompts, captions.WORDS, VOCABULARY).to_str()

    def texts(self, texts):
        encoded = self.tokenizer.encode_batch(texts)
        ids = torch.tensor([e.ids for e in encoded])
        mask = torch.tensor([e.attention_mask for e in encoded])
        return functional.normalize(self.towers.text(ids, mask), dim=1)

    def loss(self, rows):
        """The losses of a batch of drawings, by name."""
        codes = self.codes[rows]
        x = shifted(pixels(self.pictures[rows]), self.generator)
        with torch.autocast("cpu", torch.bfloat16):
            images = self.towers.vision(x)
        images = functional.normalize(images.float(), dim=1)

        said = [self.captions.of(self.facts[row]) for row in rows]
        groups = [("caption", ([text for text, _ in said], np.stack([conditions for _, conditions in said])))]
        some = sorted({self.facts[row]["kind"] for row in self.captions.rng.choice(rows, 6)})
        groups.append(("numbers", self.captions.prompts("count", some)))
        groups += [(factor, self.captions.prompts(factor)) for factor in drawings.FACTORS]

        texts = self.texts([text for _, (texts, _) in groups for text in texts])
        logits = self.towers.scale() * texts @ images.t()
        parts, at = {}, 0
        for name, (of_group, conditions) in groups:
            fits = torch.from_numpy(captions.fits(conditions, codes))
            these = logits[at : at + len(of_group)]
            parts[name] = losses.contrastive(these, fits) if name == "caption" else losses.prompted(these, fits)
            at += len(of_group)
        parts["arrangement"] = losses.arrangement(images, codes)
        return parts

    def total(self, parts):
        weights = {"caption": 1.0, "arrangement": 12.0, "plate": 0.25, "table": 0.25, "topping": 0.7, "group": 0.3, "sort": 0.3}
        return sum(weights.get(name, 0.7) * part for name, part in parts.items())

    def train(self):
        options = self.options
        steps = options.epochs * (len(self.facts) // options.batch)
        decayed = [p for p in self.towers.parameters() if p.ndim > 1]
        plain = [p for p in self.towers.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": 0.03}, {"params": plain, "weight_decay": 0.0}]
        optimiser = torch.optim.AdamW(groups, lr=options.lr, betas=(0.9, 0.98))
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.lr, total_steps=steps, pct_start=0.12)
        rng = np.random.default_rng(options.seed)
        began, step, seen = time.time(), 0, {}
        for epoch in range(options.epochs):
            order = rng.permutation(len(self.facts))[: len(self.facts) // options.batch * options.batch]
            for rows in order.reshape(-1, options.batch):
                parts = self.loss(np.sort(rows[self.worker :: options.workers]))
                optimiser.zero_grad(set_to_none=True)
                self.total(parts).backward()
                self.share_gradients()
                torch.nn.utils.clip_grad_norm_(self.towers.parameters(), 2.0)
                optimiser.step()
                schedule.step()
                step += 1
                for name, part in parts.items():
                    seen[name] = 0.95 * seen.get(name, part.item()) + 0.05 * part.item()
                if step % 50 == 0 and self.worker == 0:
                    said = " ".join(f"{name} {value:.3f}" for name, value in seen.items())
                    scale = self.towers.scale().item()
                    print(f"{time.time() - began:5.0f} s  epoch {epoch} step {step}/{steps} scale {scale:.1f}  {said}", flush=True)
            if self.worker == 0:
                self.save()
        return time.time() - began

    def share_gradients(self):
        """The mean of all workers' gradients, for each."""
        parameters = list(self.towers.parameters())
        flat = torch.cat([p.grad.reshape(-1) for p in parameters])
        dist.all_reduce(flat)
        flat /= self.options.workers
        for p, grad in zip(parameters, flat.split([p.numel() for p in parameters])):
            p.grad.copy_(grad.view_as(p))

    def save(self):
        self.options.output.mkdir(parents=True, exist_ok=True)
        state = {
            "weights": self.towers.state_dict(),
            "tokenizer": self.tokenizer.to_str(),
            "catalogue": self.catalogue.state(),
        }
        torch.save(state, self.options.output.with_suffix(".pt"))


def work(worker, options):
    dist.init_process_group("gloo", f"tcp://127.0.0.1:{options.port}", rank=worker, world_size=options.workers)
    trainer = Trainer(options, worker)
    if worker == 0:
        counts = [sum(p.numel() for p in tower.parameters()) for tower in (trainer.towers.vision, trainer.towers.text)]
        print(f"{len(trainer.facts)} drawings, {len(trainer.catalogue.kinds)} kinds, {counts} parameters", flush=True)
    seconds = trainer.train()
    if worker == 0:
        print(f"trained in {seconds:.0f} s")
        export(trainer.towers, trainer.tokenizer, options.output)
    dist.destroy_process_group()


def main():
    options = arguments()
    if options.blockscope:
        drawings.draw(options.blockscope, options.data / "train", options.number, 1_000 + options.seed, 96)
        drawings.draw(options.blockscope, options.data / "test", 6_000, 500_000 + options.seed, 96)
    torch.multiprocessing.spawn(work, (options,), nprocs=options.workers)


if __name__ == "__main__":
    main()
