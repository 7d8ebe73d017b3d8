# needs: onnxruntime
# Reports for programs (docs/json.md).
$ ferry convert models/argmax/model.pt -o a.onnx --golden models/argmax --json
| {
|   "schema": 1,
|   "ferry": "0.1.0",
|   "command": "convert",
|   "stages": [
|     {
|       "stage": "model",
|       "text": "model.pt     TorchScript, archive version 3, 1.71 k parameters, 55.9 kB",
|       "data": {
|         "file": "models/argmax/model.pt",
|         "parameters": 1712,
|         "bytes": 55865
|       }
|     },
|     {
|       "stage": "capture",
|       "text": "INPUT__0 float32[1,1,16,16] -> OUTPUT__0 int64[1,16,16]   22 nodes",
|       "seconds": N,
|       "data": {
|         "nodes": 22
|       }
|     },
|     {
|       "stage": "write",
|       "text": "a.onnx  opset 9, SIZE, COUNT nodes",
|       "seconds": N,
|       "data": {
|         "file": "a.onnx",
|         "opset": 9,
|         "ir_version": 4,
|         "raised_by": null,
|         "bytes": 14630,
|         "nodes": 22,
|         "weights": "inline",
|         "weights_file": null,
|         "weights_bytes": 0,
|         "tensors": 26,
|         "tensors_inline": 26
|       }
|     },
|     {
|       "stage": "graph",
|       "verdict": "ok",
|       "text": "valid ONNX, opset 9",
|       "data": {
|         "opset": 9,
|         "ir_version": 4,
|         "nodes": 22
|       }
|     },
|     {
|       "stage": "weights",
|       "verdict": "ok",
|       "text": "26 of 26 tensors identical to the archive, bit for bit",
|       "data": {
|         "verdict": "ok",
|         "used": 26,
|         "identical": 26,
|         "linked": 0,
|         "transposed": 0,
|         "folded": 0,
|         "unused": 0,
|         "different": 0
|       }
|     },
|     {
|       "stage": "inference",
|       "verdict": "ok",
|       "text": "independent: onnxruntime N on the file vs results saved in models/argmax: mean E, max E",
|       "seconds": N,
|       "data": {
|         "evidence": "independent",
|         "verdict": "ok",
|         "side": "onnxruntime N on the file",
|         "reference": "results saved in models/argmax",
|         "mean": N,
|         "max": N,
|         "seconds": N,
|         "outputs": [
|           {
|             "name": "OUTPUT__0",
|             "type": "int64[1,16,16]",
|             "reference_type": "int64[1,16,16]",
|             "ok": true,
|             "exact": true,
|             "nan_match": true,
|             "constant": false,
|             "elements": 256,
|             "outside": 0,
|             "mean": N,
|             "max": N,
|             "relative": N,
|             "cosine": N,
|             "argmax_agreement": 1.0
|           }
|         ]
|       }
|     },
|     {
|       "stage": "inference",
|       "verdict": "ok",
|       "text": "crossed: onnxruntime N on the file vs the original program: mean E, max E",
|       "seconds": N,
|       "data": {
|         "evidence": "crossed",
|         "verdict": "ok",
|         "side": "onnxruntime N on the file",
|         "reference": "the original program",
|         "mean": N,
|         "max": N,
|         "seconds": N,
|         "outputs": [
|           {
|             "name": "OUTPUT__0",
|             "type": "int64[1,16,16]",
|             "reference_type": "int64[1,16,16]",
|             "ok": true,
|             "exact": true,
|             "nan_match": true,
|             "constant": false,
|             "elements": 256,
|             "outside": 0,
|             "mean": N,
|             "max": N,
|             "relative": N,
|             "cosine": N,
|             "argmax_agreement": 1.0
|           }
|         ]
|       }
|     }
|   ],
|   "status": 0,
|   "diagnostics": []
| }
$ ferry convert nosuch.pt --json
| {
|   "schema": 1,
|   "ferry": "0.1.0",
|   "command": "open",
|   "status": 2,
|   "diagnostics": [
|     {
|       "severity": "error",
|       "id": "file-missing",
|       "message": "cannot open: No such file or directory",
|       "exit_code": 2,
|       "file": "nosuch.pt"
|     }
|   ]
| }
= 2
$ ferry run a.onnx --json
| {
|   "schema": 1,
|   "ferry": "0.1.0",
|   "command": "run",
|   "stages": [
|     {
|       "stage": "run",
|       "text": "in ferry's engine",
|       "seconds": N
|     },
|     {
|       "stage": "output",
|       "text": "OUTPUT__0 int64[1,16,16]",
|       "data": {
|         "name": "OUTPUT__0",
|         "type": "int64[1,16,16]"
|       }
|     }
|   ],
|   "status": 0,
|   "diagnostics": []
| }
$ ferry ops relu_ --json
| {
|   "schema": 1,
|   "ferry": "0.1.0",
|   "command": "ops",
|   "name": "aten::relu_",
|   "schemas": [
|     {
|       "schema": "aten::relu_(Tensor(a!) self) -> Tensor(a!)",
|       "supported": true
|     }
|   ],
|   "status": 0,
|   "diagnostics": []
| }
$ ferry doctor --json | grep -v -e oneDNN -e threads -e path
| {
|   "schema": 1,
|   "ferry": "0.1.0",
|   "command": "doctor",
|   "onnxruntime": [
|     {
|       "how": "FERRY_ONNXRUNTIME",
|       "used": true,
|       "runtime_version": N
|     }
|   ],
|   "opset_min": 9,
|   "opset_max": 28,
|   "status": 0,
|   "diagnostics": []
| }
