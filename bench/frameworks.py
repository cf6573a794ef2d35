# frameworks.py: PyTorch, ONNX Runtime, OpenVINO and OpenCV as engines, each as fast as its own interface allows.
# SPDX-License-Identifier: Apache-2.0
import re

import numpy

from engine import Engine, Unable


# A heap that keeps its memory takes new pages for the first six or seven results, until one fits where another was.
SETTLING_CALLS = 12


class Torch(Engine):
    ops = ("forward", "backward")

    def __init__(self, threads):
        import torch
        self.torch = torch
        torch.set_num_threads(threads)
        self.version = f"PyTorch {torch.__version__.partition('+')[0]}"
        self.drop()

    def normalize(self, x):
        raise NotImplementedError

    def load(self, op, data):
        self.epsilon, self.op = data["epsilon"], op
        self.x, self.gamma, self.beta = (self.torch.from_numpy(data[name]) for name in ("x", "gamma", "beta"))
        if op == "backward":
            for leaf in (self.x, self.gamma, self.beta):
                leaf.requires_grad_()
            self.y = self.normalize(self.x)
            self.dy = self.torch.from_numpy(data["dy"])
        for _ in range(SETTLING_CALLS):
            self.run()

    def run(self):
        self.made = None  # its memory is there for the next result
        if self.op == "backward":
            self.made = self.torch.autograd.grad(self.y, (self.x, self.gamma, self.beta), self.dy, retain_graph=True)
        else:
            with self.torch.inference_mode():
                self.made = (self.normalize(self.x),)

    def results(self):
        names = ("y",) if self.op == "forward" else ("dx", "dgamma", "dbeta")
        return {name: array.detach().numpy() for name, array in zip(names, self.made)}

    def drop(self):
        self.x = self.gamma = self.beta = self.y = self.dy = self.made = None


class TorchGroup(Torch):
    """What a clever user picks: group_norm with as many groups as channels is the same function."""

    def normalize(self, x):
        return self.torch.nn.functional.group_norm(x, x.shape[1], self.gamma, self.beta, self.epsilon)


class TorchInstance(Torch):
    def normalize(self, x):
        return self.torch.nn.functional.instance_norm(x, weight=self.gamma, bias=self.beta, eps=self.epsilon)


class OneDnn(Torch):
    """oneDNN's batch normalization of one image with N*C channels, as PyTorch hands it on; plain layout, as no other
    engine has its data in blocks of channels. Its group normalization has no way through PyTorch."""

    ops = ("forward",)

    def __init__(self, threads):
        super().__init__(threads)
        found = re.search(r"MKL-DNN v([\d.]+)", self.torch.__config__.show())
        self.version = f"oneDNN {found.group(1) if found else '?'} in {self.version}"

    def load(self, op, data):
        shape, torch = data["x"].shape, self.torch
        images, channels = shape[:2]
        self.shape = shape
        self.parameters = [torch.from_numpy(numpy.tile(data[name], images)) for name in ("gamma", "beta")]
        self.running = [torch.zeros(images * channels), torch.ones(images * channels)]
        # It takes pictures alone; to a normalization a volume is one as well.
        flat = data["x"].reshape(1, images * channels, -1, shape[-1])
        super().load(op, dict(data, x=flat))

    def normalize(self, x):
        if not x.is_mkldnn:
            x = self.x = x.to_mkldnn()
        return self.torch.batch_norm(x, *self.parameters, *self.running, True, 0.0, self.epsilon, False)

    def results(self):
        return {"y": self.made[0].to_dense().numpy().reshape(self.shape)}


def onnx_model(data):
    """One InstanceNormalization node; gamma and beta are constants of the model."""
    from onnx import TensorProto, helper
    shape, channels = data["x"].shape, data["gamma"].shape
    node = helper.make_node("InstanceNormalization", ["x", "gamma", "beta"], ["y"], epsilon=data["epsilon"])
    graph = helper.make_graph(
        [node], "normalize",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [helper.make_tensor(name, TensorProto.FLOAT, channels, data[name]) for name in ("gamma", "beta")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


class OnnxRuntime(Engine):
    """Input and output are bound, so that nothing is copied."""

    def __init__(self, threads):
        import onnx  # noqa: F401 -- a missing one is said now, not at the first shape
        import onnxruntime
        self.runtime, self.threads = onnxruntime, threads
        self.version = f"ONNX Runtime {onnxruntime.__version__}"

    def load(self, op, data):
        options = self.runtime.SessionOptions()
        options.intra_op_num_threads = self.threads
        self.session = self.runtime.InferenceSession(onnx_model(data), options, providers=["CPUExecutionProvider"])
        self.x, self.y = data["x"], numpy.empty_like(data["x"])
        self.binding = self.session.io_binding()
        self.binding.bind_input("x", "cpu", 0, numpy.float32, self.x.shape, self.x.ctypes.data)
        self.binding.bind_output("y", "cpu", 0, numpy.float32, self.y.shape, self.y.ctypes.data)

    def run(self):
        self.session.run_with_iobinding(self.binding)

    def results(self):
        return {"y": self.y}

    def drop(self):
        self.session = self.binding = self.x = self.y = None


class OpenVino(Engine):
    """Input and output are the caller's; float32 is asked for, as bfloat16 may be taken where the processor has it."""

    def __init__(self, threads):
        import onnx  # noqa: F401
        import openvino
        self.openvino, self.threads, self.core = openvino, threads, openvino.Core()
        self.version = f"OpenVINO {openvino.__version__.partition('-')[0]}"

    def load(self, op, data):
        model = self.core.read_model(onnx_model(data), b"")
        compiled = self.core.compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": self.threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"})
        self.x, self.y = data["x"], numpy.empty_like(data["x"])
        self.request = compiled.create_infer_request()
        self.request.set_input_tensor(self.openvino.Tensor(self.x, shared_memory=True))
        self.request.set_output_tensor(self.openvino.Tensor(self.y, shared_memory=True))

    def run(self):
        self.request.infer()

    def results(self):
        return {"y": self.y}

    def drop(self):
        self.request = self.x = self.y = None


class OpenCv(Engine):
    """dnn's classic engine, the one with an OpenCL path. The input stays where it is; the result is copied to the host,
    which the interface of forward() does not let one leave out."""

    has_opencl = False

    def __init__(self, threads):
        import cv2
        import onnx  # noqa: F401
        self.cv2 = cv2
        cv2.setNumThreads(threads)
        cv2.ocl.setUseOpenCL(self.has_opencl)
        self.version = f"OpenCV {cv2.__version__}"
        if self.has_opencl and not cv2.ocl.useOpenCL():
            raise Unable("OpenCV finds no OpenCL device")

    def load(self, op, data):
        cv2 = self.cv2
        if data["x"].ndim > 4 and self.has_opencl:
            raise Unable("OpenCV's OpenCL path has no 3-D instance normalization")
        try:
            self.net = cv2.dnn.readNetFromONNX(numpy.frombuffer(onnx_model(data), numpy.uint8))
            self.net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
            self.net.setPreferableTarget(cv2.dnn.DNN_TARGET_OPENCL if self.has_opencl else cv2.dnn.DNN_TARGET_CPU)
            self.net.setInput(data["x"])
        except cv2.error as error:
            raise Unable(str(error).strip().splitlines()[0]) from error

    def run(self):
        self.y = self.net.forward()

    def results(self):
        return {"y": self.y}

    def drop(self):
        self.net = self.y = None


class OpenCvOpenCl(OpenCv):
    has_opencl = True


def make(name, threads):
    if name.startswith("clnorm"):
        from clnorm_engine import Clnorm
        return Clnorm(threads)
    kinds = {"torch-group": TorchGroup, "torch-instance": TorchInstance, "onednn": OneDnn, "onnxruntime": OnnxRuntime,
             "openvino": OpenVino, "opencv-cpu": OpenCv, "opencv-opencl": OpenCvOpenCl}
    return kinds[name](threads)
