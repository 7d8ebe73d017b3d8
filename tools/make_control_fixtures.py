#!/usr/bin/env python3
"""Makes tests/models/control: small scripted programs with control flow on data, views and in-place writes.

Needs PyTorch. Each folder holds model.pt and input sets a/, b/, ... with input_i.npy and the outputs that PyTorch
gives, output_i.npy. Arguments choose programs by name; without any all are made. The sets take different arms, trip counts or sizes: a graph captured with the shapes of `a` must be
right on all of them.
"""
import pathlib
import shutil
import sys
from typing import Dict, List, NamedTuple, Optional, Tuple

import numpy as np
import torch
from torch import Tensor

HERE = pathlib.Path(__file__).resolve().parent.parent / "tests" / "models" / "control"
X = torch.tensor([[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]])
N = [torch.tensor(n) for n in range(6)]


def if_nested(x: Tensor) -> Tensor:
    if bool(x.sum() > 0):
        if bool(x.max() > 3):
            y = x * 2
        else:
            y = x - 1
        y = y + 1
    else:
        y = -x
    return y


def if_tuple(x: Tensor) -> Tuple[Tensor, int, Tensor]:
    if bool(x.sum() > 0):
        t = (x + 1, 3, x)
    else:
        t = (x * 2, 4, x)
    return t


def if_none(x: Tensor) -> Tensor:
    y: Optional[Tensor] = None
    if bool(x.sum() > 0):
        y = x * 3
    if y is None:
        return x - 1
    return y + 1


def if_raise(x: Tensor) -> Tensor:
    if bool(x.sum() < -100):
        raise ValueError("too small")
    return x + 1


def if_in_place_slot(x: Tensor) -> Tensor:
    y = x.clone()
    if bool(x.sum() > 0):
        y.add_(10)
    else:
        y[0].mul_(2)
    return y * 2


def if_list_grow(x: Tensor) -> Tensor:
    parts = [x]
    if bool(x.sum() > 0):
        parts.append(x + 1)
    return torch.cat(parts)


def if_list_items(x: Tensor) -> Tensor:
    parts = [x, x + 1]
    if bool(x.sum() > 0):
        parts[0] = x * 5
    return parts[0] + parts[1]


def if_shape(x: Tensor) -> Tensor:
    if bool(x.sum() > 0):
        y = torch.cat([x, x])
    else:
        y = x
    return y * 2


def if_elif(x: Tensor) -> Tensor:
    s = x.sum()
    if bool(s > 5):
        y = x
    elif bool(s > 0):
        y = x * 2
    elif bool(s > -5):
        y = x * 3
    else:
        y = x * 4
    return y


def if_string(x: Tensor) -> Tensor:
    if bool(x.sum() > 0):
        mode = "double"
    else:
        mode = "half"
    if mode == "double":
        return x * 2
    return x / 2


def if_int(x: Tensor) -> Tensor:
    k = 1
    if bool(x.sum() > 0):
        k = 2
    return x * k + k


def if_dead_poison(x: Tensor) -> Tensor:
    if bool(x.sum() > 0):
        a = [x]
        y = x + 1
    else:
        a = [x, x]
        y = x + 2
    return y


def both_bool(x: Tensor) -> Tensor:
    p = bool(x.sum() > 0)
    q = bool(x.max() > 3)
    if p and not q:
        return x + 1
    if p or q:
        return x + 2
    return x + 3


def for_sum(x: Tensor, n: Tensor) -> Tensor:
    y = torch.zeros_like(x)
    for i in range(int(n)):
        y = y + x * i
    return y


def for_nested(x: Tensor, n: Tensor) -> Tensor:
    y = x
    for i in range(int(n)):
        for j in range(int(n)):
            y = y + (i * 2 + j)
    return y


def for_if(x: Tensor, n: Tensor) -> Tensor:
    y = x
    for i in range(int(n)):
        if bool(y.sum() > 10):
            y = y - 3
        else:
            y = y + i
    return y


def for_known_if(x: Tensor) -> Tensor:
    y = x
    for i in range(3):
        if bool(y.sum() > 4):
            y = y * 0.5
        else:
            y = y + 1
    return y


def for_in_place(x: Tensor, n: Tensor) -> Tensor:
    y = x.clone()
    for i in range(int(n)):
        y.add_(i + 1)
    return y


def for_two(x: Tensor, n: Tensor) -> Tuple[Tensor, Tensor]:
    a = x
    b = x * 0
    for i in range(int(n)):
        b = a + b
        a = b - a
    return a, b


def for_list(x: Tensor, n: Tensor) -> Tensor:
    state = [x, x * 2]
    for i in range(int(n)):
        state = [state[1], state[0] + state[1]]
    return state[0] - state[1]


def for_dict(x: Tensor, n: Tensor) -> Dict[str, Tensor]:
    d = {"a": x, "b": x * 2}
    for i in range(int(n)):
        d["a"] = d["a"] + d["b"]
    return d


def for_start(x: Tensor, n: Tensor) -> Tensor:
    y = x
    for i in range(2, int(n)):
        y = y + i
    return y


def while_count(x: Tensor) -> Tensor:
    i = 0
    while bool(x.sum() < 50):
        x = x * 2 + 1
        i += 1
    return x + i


def while_break(x: Tensor, n: Tensor) -> Tensor:
    i = 0
    y = x
    while i < 10:
        if i >= int(n):
            break
        y = y + i
        i += 1
    return y


def for_continue(x: Tensor, n: Tensor) -> Tensor:
    y = x
    for i in range(4):
        if i == int(n):
            continue
        y = y * 2 + i
    return y


def early_return_loop(x: Tensor, n: Tensor) -> Tensor:
    for i in range(4):
        if i == int(n):
            return x + i
    return x * 10


def mask_select(x: Tensor) -> Tensor:
    return x[x > 0] * 2


def mask_size(x: Tensor) -> Tensor:
    y = x[x > 0]
    return y.sum() / y.numel()


def nonzero_rows(x: Tensor) -> Tensor:
    return torch.nonzero(x > 1).sum(0)


def data_slice(x: Tensor, n: Tensor) -> Tensor:
    return x[:, : int(n)] + 1


def data_select(x: Tensor, n: Tensor) -> Tensor:
    return x[:, int(n)]


def data_zeros(x: Tensor, n: Tensor) -> Tensor:
    return torch.zeros([int(n), 3]) + x[0]


def data_expand(x: Tensor, n: Tensor) -> Tensor:
    return x[0].unsqueeze(0).expand(int(n), 3) * 2


def data_arange(x: Tensor, n: Tensor) -> Tensor:
    return torch.arange(int(n)) * 2


def write_chunk(x: Tensor) -> Tensor:
    y = x.clone()
    a, b, c = y.chunk(3, 1)
    b.mul_(10)
    c.copy_(a)
    return y


def write_unbind(x: Tensor) -> Tensor:
    y = x.clone()
    for row in y.unbind(0):
        row.add_(row[0].clone())
    return y


def write_permuted(x: Tensor) -> Tensor:
    y = x.clone()
    z = y.transpose(0, 1)
    z[1:].zero_()
    y.add_(1)
    return z


def write_diagonal(x: Tensor) -> Tensor:
    y = torch.mm(x, x.t())
    y.diagonal().fill_(7.0)
    return y


def write_cast(x: Tensor) -> Tensor:
    i = torch.tensor([1, 2, 3])
    i.mul_(2)
    i += 1
    return x + i


def write_then_read_views(x: Tensor) -> Tuple[Tensor, Tensor]:
    y = x * 1
    v = y.view(3, 2)
    w = v[1]
    y.mul_(3)
    w.add_(100)
    return v, w


def reshape_copy(x: Tensor) -> Tuple[Tensor, Tensor]:
    y = x.clone()
    a = y.t().reshape(6)
    a.add_(1)
    b = y.reshape(6)
    b.add_(50)
    return y, a


def masked_write(x: Tensor) -> Tensor:
    y = x.clone()
    y[y < 0] = 0.0
    y[:, 1] = 9.0
    y[0, 0] += 5.0
    return y


def clamp_out(x: Tensor) -> Tensor:
    y = x.clone()
    y.clamp_(-1.0, 2.0).sub_(0.5)
    return y


class Pair(NamedTuple):
    first: Tensor
    second: Tensor


def named(x: Tensor) -> Pair:
    if bool(x.sum() > 0):
        p = Pair(x, x + 1)
    else:
        p = Pair(x * 2, x)
    return p


def forked(x: Tensor) -> Tensor:
    f = torch.jit.fork(if_int, x)
    g = torch.jit.fork(if_nested, x)
    return torch.jit.wait(f) + torch.jit.wait(g)


def scalar_math(x: Tensor, n: Tensor) -> Tensor:
    k = int(n) * 3 - 1
    m = k // 2 + k % 4
    f = float(k) / 3.0
    return x * f + m + max(k, m) - min(k, 2)


def scalar_out(x: Tensor, n: Tensor) -> Tuple[int, float, bool]:
    return int(n) + 2, float(x.sum()) * 2, bool(x.max() > 3)


class State(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(()))
        self.steps: int = 0
        self.scale = torch.nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        self.count += x.sum()
        self.steps += 1
        if bool(self.count > 0):
            self.steps += 10
        return x * self.scale * self.steps, self.count + 1


class Shared(torch.nn.Module):
    def __init__(self):
        super().__init__()
        base = torch.arange(6.0)
        self.register_buffer("whole", base.view(2, 3))
        self.register_buffer("row", base[3:])

    def forward(self, x: Tensor) -> Tensor:
        return x * self.whole + self.row

def for_append(x: Tensor, n: Tensor) -> Tensor:
    rows: List[Tensor] = []
    for i in range(int(n)):
        rows.append(x[0] * i)
    rows.append(x[1])
    return torch.stack(rows)


def while_list(x: Tensor) -> List[Tensor]:
    s = [x, x + 1, x * 2]
    while bool(s[0].sum() < 40):
        s = [s[1], s[2], s[0] + s[2]]
    return s


def while_dict(x: Tensor) -> Dict[str, Tensor]:
    s = {"a": x, "b": x * 2}
    while bool(s["a"].sum() < 40):
        s["a"] = s["a"] * 2 + 1
        s["b"] = s["b"] + s["a"]
    return s


def slice_mean(x: Tensor, n: Tensor) -> Tensor:
    k = int(n)
    return x[:, :k].sum(1) + x[:, k:].mean() + x[:, k:].std(1)


def big_ints(x: Tensor, n: Tensor) -> Tuple[Tensor, int, int]:
    k = 9007199254740992 + int(n)
    return x, max(9007199254740992, k), min(k, 9007199254740993)


def pre(self, inputs: Tuple[Tensor]) -> Tuple[Tensor]:
    return (inputs[0] * 10,)


def post(self, inputs: Tuple[Tensor], output: Tensor) -> Tensor:
    return output + inputs[0]


def post_none(self, inputs: Tuple[Tensor], output: Tensor):
    pass


class Hooked(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
        self.register_forward_pre_hook(pre)
        self.register_forward_hook(post)
        self.register_forward_hook(post_none)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight


class HookedPart(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.part = Hooked()

    def forward(self, x: Tensor) -> Tensor:
        return self.part(x) * 2


class BatchState(torch.nn.Module):
    """In training mode the norm moves its statistics, and what reads them sees it."""

    def __init__(self):
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(3, momentum=0.25)
        self.norm.running_mean.copy_(torch.tensor([1.0, 2.0, 3.0]))

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        y = self.norm(x) + self.norm(x * 2)
        return y, self.norm.running_mean * 1, self.norm.running_var + self.norm.num_batches_tracked


class ImageState(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = torch.nn.InstanceNorm1d(2, track_running_stats=True)

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        y = self.norm(torch.stack([x, x * 2]))
        return y, self.norm.running_mean * 1, self.norm.running_var * 1


class SetState(torch.nn.Module):
    """__setstate__ runs when the archive is opened."""

    def __init__(self):
        super().__init__()
        self.weight = torch.arange(3.0)
        self.steps = 2
        self.training = False

    @torch.jit.export
    def __getstate__(self) -> Tuple[Tensor, int, bool]:
        return (self.weight, self.steps, self.training)

    @torch.jit.export
    def __setstate__(self, state: Tuple[Tensor, int, bool]):
        self.weight = state[0] * 2
        self.steps = state[1] + 1
        self.training = state[2]

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight + self.steps


class Cache(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.cache = torch.jit.Attribute(None, Optional[Tensor])

    def forward(self, x: Tensor) -> Tensor:
        first = self.cache
        if first is None:
            first = x * 2
            self.cache = first
        then = self.cache
        assert then is not None
        return first + then


def x_sets(*values):
    return {chr(97 + i): [v] for i, v in enumerate(values)}


def n_sets(*counts, x=X):
    return {chr(97 + i): [x, N[n]] for i, n in enumerate(counts)}


SIGNS = x_sets(X, -X)
CASES = [
    (if_nested, x_sets(X, -X, X * 0.5)), (if_tuple, SIGNS), (if_none, SIGNS), (if_raise, SIGNS),
    (if_in_place_slot, SIGNS), (if_list_grow, SIGNS), (if_list_items, SIGNS), (if_shape, SIGNS),
    (if_elif, x_sets(X * 2, X * 0.5, -X * 0.2, -X * 5)), (if_string, SIGNS), (if_int, SIGNS), (if_dead_poison, SIGNS),
    (both_bool, x_sets(X, -X, X * 0.5, -X * 4)), (for_sum, n_sets(2, 0, 5)), (for_nested, n_sets(2, 0, 3)),
    (for_if, n_sets(3, 1, 5)), (for_known_if, SIGNS), (for_in_place, n_sets(2, 0, 4)), (for_two, n_sets(3, 0, 4)),
    (for_list, n_sets(2, 1, 4)), (for_dict, n_sets(2, 0, 3)), (for_start, n_sets(4, 1, 5)),
    (while_count, x_sets(X, X * 8)), (while_break, n_sets(3, 0, 5)), (for_continue, n_sets(1, 3, 5)),
    (early_return_loop, n_sets(2, 0, 5)), (mask_select, SIGNS), (mask_size, SIGNS), (nonzero_rows, SIGNS),
    (data_slice, n_sets(2, 1, 3)), (data_select, n_sets(1, 0, 2)), (data_zeros, n_sets(2, 4)),
    (data_expand, n_sets(2, 4)), (data_arange, n_sets(3, 5)), (write_chunk, SIGNS), (write_unbind, SIGNS),
    (write_permuted, SIGNS), (write_diagonal, SIGNS), (write_cast, SIGNS), (write_then_read_views, SIGNS),
    (reshape_copy, SIGNS), (masked_write, SIGNS), (clamp_out, SIGNS), (named, SIGNS), (forked, SIGNS),
    (scalar_math, n_sets(2, 1, 4)), (scalar_out, n_sets(2, 5)), (State().eval(), SIGNS), (Shared().eval(), SIGNS),
    (for_append, n_sets(2, 1, 4)), (while_list, x_sets(X, X * 20)), (while_dict, x_sets(X, X * 20)),
    (big_ints, n_sets(1, 0, 2)), (slice_mean, n_sets(1, 2, 3)), (Hooked().eval(), SIGNS),
    (HookedPart().eval(), SIGNS), (BatchState().train(), SIGNS), (ImageState().train(), SIGNS), (SetState(), SIGNS), (Cache().eval(), SIGNS),
]


def leaves(value):
    if value is None:
        return []
    if isinstance(value, (tuple, list)):
        return [leaf for item in value for leaf in leaves(item)]
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    return [value if isinstance(value, Tensor) else torch.tensor(value, dtype=torch.float64 if isinstance(value, float) else None)]


def program_name(program):
    return type(program).__name__.lower() if isinstance(program, torch.nn.Module) else program.__name__


def make(program, sets):
    folder = HERE / program_name(program)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    scripted = torch.jit.script(program)
    scripted.save(str(folder / "model.pt"))
    for key, inputs in sets.items():
        loaded = torch.jit.load(str(folder / "model.pt"))  # state starts anew
        (folder / key).mkdir()
        for i, value in enumerate(inputs):
            np.save(folder / key / f"input_{i}.npy", value.numpy())
        with torch.no_grad():
            outputs = leaves(loaded(*[v.clone() for v in inputs]))
        for i, value in enumerate(outputs):
            np.save(folder / key / f"output_{i}.npy", value.numpy())


def main():
    for program, sets in CASES:
        if len(sys.argv) == 1 or program_name(program) in sys.argv[1:]:
            make(program, sets)
    return 0


if __name__ == "__main__":
    sys.exit(main())
