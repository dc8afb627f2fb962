"""Signed meter data: what a meter itself says of a charge, and whether its signature holds.

Read in this order: `problems` (what may be wrong, as codes), `fields` (reading JSON that a stranger
wrote), `obis` (which register a reading is of), `readings` (one reading of the meter), `ocmf` (one
document of the Open Charge Metering Format), `charge` (begin and end of the charge in them),
`ecdsa` (signatures on the curve that the library lacks), `keys` (public keys, signatures as
numbers), `verify` (the verdict on one document), `signed_data` (the evidence of one CDR: what the
others use), `registered` (recorded evidence beside a key that was registered later).

Source: OCMF, the Open Charge Metering Format of S.A.F.E. e.V., 1.4.1 and what it says of the
versions before. Nothing here keeps who charged: the identification of the user is never read.
"""
