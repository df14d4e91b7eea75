r"""The network behind the flow, in torch: built, exported to plain arrays, and evaluated for comparison.

One autoregressive neural-spline transform (zuko ``NSF``, arXiv:1906.04032) with a masked network of two hidden
layers of SiLU units; `flow_numpy` has the formulas.  In two dimensions coupling and autoregressive are the same, and
more transforms gain nothing on the mock.  Needs the extra ``flow``; nothing here is imported by samplers of trained
models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.extras import require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array32 = NDArray[np.float32]

__all__ = ["build", "export", "masked_layers", "require_torch", "torch_invert"]


def require_torch() -> Any:
    """Import torch.

    Raises
    ------
    MissingExtraError
        If torch or zuko is not installed.
    """
    require("zuko", "training a flow", "flow")
    return require("torch", "training a flow", "flow")


def build(context: int, bins: int, hidden: int, layers: Sequence[Array32] | None = None) -> Any:
    """Untrained flow, or the flow of exported layers.

    Parameters
    ----------
    context : int
        Number of inputs from the mass.
    bins, hidden : int
        Bins of the splines, units of each hidden layer.
    layers : sequence of arrays, optional
        As from `export`.

    Returns
    -------
    zuko.flows.NSF
        Initialised from torch's current random state.
    """
    torch = require_torch()
    zuko = require("zuko", "training a flow", "flow")
    flow = zuko.flows.NSF(
        2, context, bins=bins, transforms=1, hidden_features=[hidden] * 2, activation=torch.nn.SiLU
    )
    if layers is not None:
        with torch.no_grad():
            for target, source in zip(_tensors(flow), layers, strict=True):
                target.copy_(torch.from_numpy(np.ascontiguousarray(source)))
    return flow


def _linear(flow: Any) -> list[Any]:
    """Linear layers of the network in order."""
    (transform,) = (t for t in flow.transform.transforms if hasattr(t, "hyper"))
    return [layer for layer in transform.hyper if hasattr(layer, "weight")]


def _tensors(flow: Any) -> list[Any]:
    """Weight and bias of each layer in turn."""
    return [t for layer in _linear(flow) for t in (layer.weight, layer.bias)]


def masked_layers(flow: Any) -> list[tuple[Any, Any]]:
    """Weight with its mask applied, and bias, of each layer."""
    return [(layer.weight * layer.mask, layer.bias) for layer in _linear(flow)]


def export(flow: Any) -> tuple[Array32, ...]:
    """Weight with its mask applied, and bias, of each layer in turn, float32."""
    tensors = (t for pair in masked_layers(flow) for t in pair)
    return tuple(np.array(t.detach().numpy(), dtype=np.float32) for t in tensors)


def torch_invert(flow: Any, columns: Array32, z: Array32) -> Array32:
    """What `FlowModel.invert` returns, by torch: (2, n) from context (c, n) and normal numbers (2, n)."""
    torch = require_torch()
    with torch.no_grad():
        transform = flow(torch.from_numpy(np.ascontiguousarray(columns.T))).transform
        out = transform.inv(torch.from_numpy(np.ascontiguousarray(z.T)))
    return np.asarray(out.numpy().T)
