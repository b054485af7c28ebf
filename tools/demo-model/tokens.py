"""The text tower's tokeniser: byte pairs over the captions' words and common English, in lower case."""

import json
import string

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

START, END, PAD, UNKNOWN = "<|startoftext|>", "<|endoftext|>", "<|pad|>", "<|unk|>"
MAX_LENGTH = 77  # as CLIP


def train_tokenizer(captions, words, size):
    """Whole words for what captions say, pieces for all else."""
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN, end_of_word_suffix="</w>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    letters = string.ascii_lowercase + string.digits
    # Every letter and mark, inside a word and at its end.
    alphabet = [letter + "a" for letter in letters] + list(letters + string.punctuation)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[PAD, UNKNOWN, START, END],
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(list(captions) + list(words) * 3 + alphabet, trainer)
    start, end = tokenizer.token_to_id(START), tokenizer.token_to_id(END)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, start), (END, end)]
    )
    tokenizer.enable_truncation(MAX_LENGTH)
    tokenizer.enable_padding(pad_id=tokenizer.token_to_id(PAD), pad_token=PAD)
    return tokenizer


def write_side_files(tokenizer, folder, width):
    """The files that stand beside CLIP's text model."""
    tokenizer.save(str(folder / "tokenizer.json"))
    special = {"bos_token": START, "eos_token": END, "pad_token": PAD, "unk_token": UNKNOWN}
    ids = {f"{name}_id": tokenizer.token_to_id(token) for name, token in special.items()}
    files = {
        "config.json": {
            "architectures": ["CLIPTextModelWithProjection"],
            "model_type": "clip_text_model",
            "hidden_size": width,
            "projection_dim": 512,
            "max_position_embeddings": MAX_LENGTH,
            "vocab_size": tokenizer.get_vocab_size(),
            **{name: ids[name] for name in ("bos_token_id", "eos_token_id", "pad_token_id")},
        },
        "special_tokens_map.json": special,
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "do_lower_case": True,
            "model_max_length": MAX_LENGTH,
            **special,
        },
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
