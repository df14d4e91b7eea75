"""Curves of experiments at the LHC: FORMOSA and milliQan."""

from __future__ import annotations

from .millicharged_case import Convention, McpCase

__all__ = ["LHC_CASES"]

MASSES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 3.0, 6.0, 10.0, 20.0, 30.0)
AHEAD = ("shielding", "magnet")
CARD = Convention()

FORMOSA_SOURCE = '[detector]\ndistance_m = 500.0\nlight = "mean"\ncollection = 0.1101\n'
FORMOSA_BETHE = '[detector]\ndistance_m = 500.0\nlight = "bethe"\n'

LETTER_WORDS = (
    "detector of the letter of intent, arXiv:1607.04669 (1 m x 1 m of bars of 5 cm, 3 layers of 80 cm; 3 events; from "
    "memory), light per cm of the demonstrator, and its sources J/psi, Upsilon and Drell-Yan without light mesons"
)


def _letter(lumi_fb: float) -> Convention:
    """Detector that was proposed first."""
    card = (
        f"[exposure]\nlumi_fb = {lumi_fb}\n[statistics]\nn_events_threshold = 3.0\n"
        "[detector]\nface_m = [1.0, 1.0]\nlayers = 3\nbar_length_m = 0.8\ndepth_m = 2.0\nefficiency = 1.0\n"
    )
    sources = {"sources": ("quarkonium", "drell-yan")}
    return Convention("source", f"{LETTER_WORDS}, {lumi_fb:g} fb^-1", card, ("regions",), sources)


LHC_CASES = (
    McpCase("FORMOSA", "FORMOSA", "mcp/formosa_projection.csv", MASSES,
            (CARD,
             Convention("source", "arXiv:2010.07941: 500 m, 2.5e5 photo-electrons per bar, Poisson, no matter and "
                        "magnets", FORMOSA_SOURCE, AHEAD),
             Convention("source, Bethe", "500 m, light by Bethe's formula with 1.1e3 photo-electrons per MeV as in "
                        "programs on top of FORESEE, no matter and magnets", FORMOSA_BETHE, AHEAD)),
            reason="distance, light, matter and magnets explain the card; at 5.6-8 GeV the Drell-Yan of FORESEE (its "
            "file for 5.011 GeV) has 5.5 pb in a ring at 0.8 mrad, ours 4.0(4) pb, which is 4 % in epsilon"),
    McpCase("milliQan demonstrator", "milliQan_demonstrator", "mcp/milliqan_demonstrator.csv",
            (*MASSES[:8], 1.4, 2.0, 3.0, 4.0),
            (Convention("no background", "3 events without background and regions, Poisson light of 2.3e3 per cm, all "
                        "paths straight",
                        '[statistics]\nn_events_threshold = 3.0\n[detector]\nlight = "mean"\ncollection = 0.1\n'
                        "depth_m = 1e-3\n", ("regions",)),
             CARD,
             Convention("card, J/psi", "J/psi 2.2 times ours, as in the cross-sections in the repository of the source "
                        "(crossSecCentral.csv)", yields={"quarkonium:jpsi": 2.2})),
            reason="explained by five signal regions with backgrounds, 1000 photo-electrons per cm in clusters, and "
            "bars that are left through the side; below 0.2 GeV a quarter of the signal would do: trigger and "
            "reconstruction of pulses of 2 photo-electrons and uneven bars (0.8 of the signal) are not described"),
    McpCase("milliQan Run 3", "milliQan_run3_bar", "mcp/milliqan_run3_projection_senscalc.csv", MASSES[3:],
            (CARD, _letter(300.0)),
            reason="not a curve of the bars, whose projection by the collaboration is 1.0 to 5.6 times higher: "
            "flat below the J/psi, it is that of the 1 m^2 detector that was proposed first, without light mesons; at "
            "1.2 GeV particles are slow and our light goes with 1/beta^2"),
    McpCase("milliQan HL-LHC", "milliQan_run3_bar", "mcp/milliqan_projection.csv", MASSES[3:], (_letter(3000.0),),
            reason="the same detector at 3000 fb^-1, whose larger background is not described"),
)  # fmt: skip
