#!/usr/bin/env python3
"""Makes tests/models: small TorchScript models with the results PyTorch gives. Needs PyTorch and numpy.

    python tools/make_model_fixtures.py [NAME...]

Each folder gets model.pt, input_i.npy and output_i.npy. What is random is seeded; archives still differ from one
version of PyTorch to the next, so make only what is wanted anew.
"""
import os
import shutil
import sys
from typing import List, Tuple

import numpy as np
import torch
from torch import nn

HERE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "models")


class ConvBlock(nn.Module):
    """Convolution, normalization, activation: what nnU-Net is made of."""

    def __init__(self, dims, cin, cout, stride=1, norm="instance"):
        super().__init__()
        conv = nn.Conv3d if dims == 3 else nn.Conv2d
        norms = {("instance", 3): nn.InstanceNorm3d, ("instance", 2): nn.InstanceNorm2d,
                 ("batch", 3): nn.BatchNorm3d, ("batch", 2): nn.BatchNorm2d}
        self.conv = conv(cin, cout, 3, stride, 1)
        self.norm = norms[norm, dims](cout, affine=True)
        self.nonlin = nn.LeakyReLU(0.01, inplace=True)

    def forward(self, x):
        return self.nonlin(self.norm(self.conv(x)))


class UNet(nn.Module):
    """An nnU-Net of two stages: strided encoder, transposed convolutions, skips, a 1x1 head."""

    def __init__(self, dims, cin=1, base=4, classes=3, norm="instance"):
        super().__init__()
        up = nn.ConvTranspose3d if dims == 3 else nn.ConvTranspose2d
        head = nn.Conv3d if dims == 3 else nn.Conv2d
        self.encoder = nn.ModuleList([
            nn.Sequential(ConvBlock(dims, cin, base, norm=norm), ConvBlock(dims, base, base, norm=norm)),
            nn.Sequential(ConvBlock(dims, base, 2 * base, 2, norm=norm), ConvBlock(dims, 2 * base, 2 * base, norm=norm)),
        ])
        self.up = up(2 * base, base, 2, 2, bias=False)
        self.decoder = nn.Sequential(ConvBlock(dims, 2 * base, base, norm=norm), ConvBlock(dims, base, base, norm=norm))
        self.head = head(base, classes, 1, bias=False)

    def forward(self, x):
        skip = self.encoder[0](x)
        deep = self.encoder[1](skip)
        return self.head(self.decoder(torch.cat([self.up(deep), skip], 1)))


class Argmax(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x).argmax(1)


class Heads(nn.Module):
    """Several inputs, numbers and defaults; a dict, a tuple and None among the outputs."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(11, 4)
        self.fc = nn.Linear(4, 3)

    def forward(self, ids: torch.Tensor, scale: float, bias: torch.Tensor | None = None, k: int = 2):
        x = self.fc(self.table(ids)) * scale
        if bias is not None:
            x = x + bias
        return {"logits": x, "labels": x.argmax(-1)}, (x.sum() * k, k)


class Nested(nn.Module):
    """Tensors in tuples and lists, one that is not used; a list among the outputs."""

    def forward(self, pair: Tuple[torch.Tensor, torch.Tensor], unused: torch.Tensor, rest: List[torch.Tensor]):
        total = pair[0] * 2.0 + pair[1]
        outputs = [total]
        for r in rest:
            total = total + r
            outputs.append(total)
        return outputs


class Branch(nn.Module):
    """A branch and a loop on data."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 4))

    def forward(self, x):
        if bool(x.sum() > 0):
            y = x @ self.weight
        else:
            y = x - 1.0
        n = int(x.abs().sum()) % 3
        for i in range(n):
            y = y * 2.0 + 1.0
        return y


class Endless(nn.Module):
    """A loop that can be written, but not run to its end."""

    def forward(self, x):
        for i in range(1000000000000):
            x = x + float(i)
        return x


class Constant(nn.Module):
    """An output that is the same for every input: weak evidence."""

    def forward(self, x):
        return torch.zeros_like(x)


class Unsupported(nn.Module):
    """Operators that exist in PyTorch and will hardly be wanted in ONNX."""

    def forward(self, x):
        a = torch.cholesky_inverse(x)
        b = torch.linalg.ldl_factor(x)[0]
        return a + b


class Countdown(nn.Module):
    """Runs as long as its input says: for interrupting."""

    def forward(self, n):
        x = torch.zeros(2)
        for i in range(int(n)):
            x = x * 0.5 + 1.0
        return x


def randomise(net):
    """Untrained norms are the identity; weights of every size show more."""
    for name, p in net.named_parameters():
        with torch.no_grad():
            p.copy_(torch.randn_like(p) * (0.3 if p.dim() > 1 else 0.5) + (1.0 if "norm.weight" in name else 0.0))
    for name, b in net.named_buffers():
        if "running" in name:
            b.copy_(torch.rand_like(b) + 0.5)
    return net.eval()


def save(name, module, inputs, extra=None):
    folder = os.path.join(HERE, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    module.save(os.path.join(folder, "model.pt"), _extra_files=extra or {})
    loaded = torch.jit.load(os.path.join(folder, "model.pt"))
    with torch.no_grad():
        result = loaded(*inputs)
    for i, x in enumerate(leaves([v for v in inputs if not isinstance(v, (int, float))])):
        np.save(os.path.join(folder, f"input_{i}.npy"), x)
    for i, y in enumerate(leaves(result)):
        np.save(os.path.join(folder, f"output_{i}.npy"), y)


def leaves(value):
    if value is None:
        return
    if isinstance(value, torch.Tensor):
        yield value.detach().numpy()
    elif isinstance(value, bool):
        yield np.array(value)
    elif isinstance(value, int):
        yield np.array(value, np.int64)
    elif isinstance(value, float):
        yield np.array(value, np.float64)
    elif isinstance(value, dict):
        for v in value.values():
            yield from leaves(v)
    else:
        for v in value:
            yield from leaves(v)


def traced(net, x):
    with torch.no_grad():
        return torch.jit.trace(net, x, check_trace=False)


def make_unet3d():
    x = torch.randn(1, 1, 8, 16, 16)
    save("unet3d", traced(randomise(UNet(3)), x), [x])


def make_unet2d_bn():
    x = torch.randn(2, 1, 16, 16)
    save("unet2d_bn", traced(randomise(UNet(2, norm="batch")), x), [x])


def make_argmax():
    x = torch.randn(1, 1, 16, 16)
    save("argmax", traced(Argmax(randomise(UNet(2))), x), [x])


def make_unet2d_golden():
    """The results travel in the archive."""
    import io
    x = torch.randn(1, 1, 16, 16)
    net = traced(randomise(UNet(2)), x)
    extra = {}
    for name, value in (("input_0.npy", x), ("output_0.npy", net(x))):
        data = io.BytesIO()
        np.save(data, value.detach().numpy())
        extra[f"golden/{name}"] = data.getvalue()
    save("carries_golden", net, [x], extra)


def make_heads():
    ids = torch.tensor([[1, 10, 3]])
    save("heads", torch.jit.script(Heads().eval()), [ids, 0.5, torch.randn(3), 3])


def make_nested():
    a, b, c, d, e = (torch.randn(2, 3) for _ in range(5))
    save("nested", torch.jit.script(Nested()), [(a, b), c, [d, e]])


def make_branch():
    save("branch", torch.jit.script(Branch().eval()), [torch.randn(3, 4)])


def make_countdown():
    save("countdown", torch.jit.script(Countdown()), [torch.tensor(5)])
    np.save(os.path.join(HERE, "countdown", "forever.npy"), np.array(2**40))


def make_constant():
    save("constant", torch.jit.script(Constant()), [torch.randn(2, 3)])


def make_endless():
    folder = os.path.join(HERE, "endless")
    os.makedirs(folder, exist_ok=True)
    torch.jit.script(Endless()).save(os.path.join(folder, "model.pt"))


def make_unsupported():
    save("unsupported", torch.jit.script(Unsupported()), [torch.eye(3)])


def make_checkpoint():
    folder = os.path.join(HERE, "checkpoint")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    torch.save({"epoch": 3, "state_dict": ConvBlock(2, 1, 2).state_dict()}, os.path.join(folder, "model.pth"))


MAKERS = {k[5:]: v for k, v in list(globals().items()) if k.startswith("make_")}

if __name__ == "__main__":
    for wanted in sys.argv[1:] or MAKERS:
        torch.manual_seed(sum(map(ord, wanted)))
        MAKERS[wanted]()
        print(wanted)
