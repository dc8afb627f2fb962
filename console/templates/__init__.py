"""Templates of agreements: the usual commercial patterns, with holes for what is negotiated.

`documents/` holds one readable YAML file a template: its parameters, and behind `---` the agreement
with `${parameter}` in place of what two parties still have to say. Read in this order:
`parameters` (what may stand in a hole), `template` (finding a template and filling its holes),
`departures` (where an agreement is not what its template says any more).
"""

from console.templates.departures import Departure, departures
from console.templates.template import Template, filled, template_named, templates

__all__ = ["Departure", "Template", "departures", "filled", "template_named", "templates"]
