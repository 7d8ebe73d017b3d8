$ ferry inspect models/heads/model.pt
| model.pt   TorchScript, archive version 3, 59 parameters, 9.63 kB
| inputs     4
|   ids         Tensor
|   scale       float
|   bias        Tensor  optional
|   k           int  optional
| methods    1
|   forward     (ids: Tensor, scale: float, bias: Optional[Tensor], k: int) -> Tuple[Dict[str, Tensor], Tuple[Tensor, int]]
| modules    3
|   (root)                                      __torch__.Heads
|   table                                       __torch__.torch.nn.modules.sparse.Embedding
|   fc                                          __torch__.torch.nn.modules.linear.Linear
| weights    3
|   table.weight                                float32[11,4]                   176 bytes
|   fc.weight                                   float32[3,4]                    48 bytes
|   fc.bias                                     float32[3]                      12 bytes
| code       4
|   code/__torch__.py                           760 bytes
|   code/__torch__/torch/nn/modules/sparse.py   639 bytes
|   code/__torch__/torch/nn/modules/linear.py   415 bytes
|   code/__torch__/torch/nn/functional.py       1.22 kB
| operators  14, all supported
|   aten::mul                                   2 uses
|   aten::__isnot__                             3 uses
|   aten::add                                   2 uses
|   aten::argmax                                1 use
|   aten::sum                                   1 use
|   aten::linear                                1 use
|   aten::gt                                    1 use
|   aten::size                                  3 uses
|   aten::ge                                    1 use
|   prim::RaiseException                        2 uses
|   aten::lt                                    2 uses
|   aten::neg                                   1 use
|   aten::contiguous                            1 use
|   aten::embedding                             1 use
$ ferry inspect models/checkpoint/model.pth
| model.pth  PyTorch checkpoint, 24 parameters, 2.57 kB
| weights    4
|   state_dict.conv.weight                      float32[2,1,3,3]                72 bytes
|   state_dict.conv.bias                        float32[2]                      8 bytes
|   state_dict.norm.weight                      float32[2]                      8 bytes
|   state_dict.norm.bias                        float32[2]                      8 bytes
$ ferry inspect models/branch/model.pt --json
| {
|   "schema": 1,
|   "ferry": "0.1.0",
|   "command": "inspect",
|   "model": {
|     "file": "models/branch/model.pt",
|     "kind": "torchscript",
|     "bytes": 2599,
|     "archive_version": 3,
|     "parameters": 16,
|     "unsupported": 0,
|     "inputs": [
|       {
|         "name": "x",
|         "type": "Tensor"
|       }
|     ],
|     "outputs": [],
|     "methods": [
|       {
|         "name": "forward",
|         "type": "(x: Tensor) -> Tensor"
|       }
|     ],
|     "modules": [
|       {
|         "name": "",
|         "class": "__torch__.Branch"
|       }
|     ],
|     "weights": [
|       {
|         "name": "weight",
|         "type": "float32[4,4]",
|         "bytes": 64
|       }
|     ],
|     "code": [
|       {
|         "name": "code/__torch__.py",
|         "bytes": 502
|       }
|     ],
|     "operators": [
|       {
|         "name": "aten::sum",
|         "uses": 2,
|         "supported": true,
|         "file": "code/__torch__.py",
|         "line": 9
|       },
|       {
|         "name": "aten::gt",
|         "uses": 1,
|         "supported": true,
|         "file": "code/__torch__.py",
|         "line": 9
|       },
|       {
|         "name": "aten::Bool",
|         "uses": 1,
|         "supported": true,
|         "file": "code/__torch__.py",
|         "line": 9
|       },
|       {
|         "name": "aten::matmul",
|         "uses": 1,
|         "supported": true,
|         "file": "code/__torch__.py",
|         "line": 11
|       },
|       {
|         "name": "aten::sub",
|         "uses": 1,
|         "supported": true,
|         "file": "code/__torch__.py",
|         "line": 13
|       },
|       {
|         "name": "aten::abs",
|         "uses": 1,
|         "supported": true,
|         "file": "code/__torch__.py",
|         "line": 14
|       },
|       {
|         "name": "aten::Int",
|         "uses": 1,
|         "supported": true,
|         "file": "code/__torch__.py",
|         "line": 14
|       },
|       {
|         "name": "aten::remainder",
|         "uses": 1,
|         "supported": true,
|         "file": "code/__torch__.py",
|         "line": 14
|       },
|       {
|         "name": "aten::mul",
|         "uses": 1,
|         "supported": true,
|         "file": "code/__torch__.py",
|         "line": 17
|       },
|       {
|         "name": "aten::add",
|         "uses": 1,
|         "supported": true,
|         "file": "code/__torch__.py",
|         "line": 17
|       }
|     ],
|     "extra": [],
|     "metadata": []
|   },
|   "status": 0,
|   "diagnostics": []
| }
