"""The two towers: a small residual network for pictures, convolutions over words for texts."""

import torch
from torch import nn
from torch.nn import functional

WIDTH = 512  # of the joint space, as CLIP's
SIZE = 96  # pixels
MEAN = [0.48145466, 0.4578275, 0.40821073]  # CLIP's
STD = [0.26862954, 0.26130258, 0.27577711]


def convolution(inputs, outputs, size, stride=1):
    conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


class Stage(nn.Module):
    """Half the size, more channels, and one residual step."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.down = convolution(inputs, outputs, 3, 2)
        self.first = convolution(outputs, outputs, 3)
        self.second = convolution(outputs, outputs, 3)

    def forward(self, x):
        x = functional.relu(self.down(x))
        return functional.relu(x + self.second(functional.relu(self.first(x))))


class Vision(nn.Module):
    """pixel_values [batch, 3, 96, 96] -> image_embeds [batch, 512]."""

    def __init__(self, widths=(16, 32, 64, 192)):
        super().__init__()
        self.stem = convolution(3, widths[0], 5, 2)
        self.stages = nn.Sequential(*[Stage(a, b) for a, b in zip(widths, widths[1:])])
        self.projection = nn.Linear(2 * widths[-1], WIDTH, bias=False)

    def forward(self, pixel_values):
        x = self.stages(functional.relu(self.stem(pixel_values)))
        # The mean keeps how much there is of something, which counting needs; the maximum whether there is any.
        return self.projection(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1))


class Text(nn.Module):
    """input_ids, attention_mask [batch, sequence] -> text_embeds [batch, 512]."""

    def __init__(self, vocabulary, width=128):
        super().__init__()
        self.width = width
        self.words = nn.Embedding(vocabulary, width)
        # Small, so that a word that no caption has says little.
        nn.init.normal_(self.words.weight, std=0.05)
        self.first = nn.Conv1d(width, width, 5, padding=2)
        self.second = nn.Conv1d(width, width, 3, padding=1)
        self.hidden = nn.Linear(width, 2 * width)
        self.projection = nn.Linear(2 * width, WIDTH, bias=False)

    def forward(self, input_ids, attention_mask):
        # The mask goes over every layer's input: a text means the same however long the others of its batch are.
        mask = attention_mask.to(self.words.weight.dtype).unsqueeze(1)
        x = self.words(input_ids).transpose(1, 2) * mask
        x = (x + functional.relu(self.first(x))) * mask
        x = (x + functional.relu(self.second(x))) * mask
        x = x.sum(2) / mask.sum(2)
        return self.projection(functional.relu(self.hidden(x)))


class Towers(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.vision = Vision()
        self.text = Text(vocabulary)
        self.log_scale = nn.Parameter(torch.tensor(2.7))

    def scale(self):
        return self.log_scale.clamp(max=4.1).exp()


def pixels(pictures):
    """Bytes, rows x size x size x 3, to what the picture tower takes."""
    x = torch.as_tensor(pictures).permute(0, 3, 1, 2).float()
    mean, std = torch.tensor(MEAN).view(1, 3, 1, 1), torch.tensor(STD).view(1, 3, 1, 1)
    return x.sub_(mean * 255).div_(std * 255).contiguous(memory_format=torch.channels_last)
