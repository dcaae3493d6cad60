"""Templates that reach for the interpreter or do not end, and a process with little time and memory that tries them.

python -m pricewatch_pipeline_tests.support.hostile_templates
"""

import json
import resource

from pricewatch_pipeline.errors import TemplateError
from pricewatch_pipeline.notifying.templates import LONGEST_TEMPLATE, check_template

REACHING = {
    "a class": "{{ ''.__class__ }}",
    "a class by item": "{{ product['__class__'] }}",
    "a class by filter": "{{ product|attr('__class__') }}",
    "the list of all classes": "{{ ().__class__.__mro__[1].__subclasses__() }}",
    "lipsum": "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "cycler": "{{ cycler.__init__.__globals__.os }}",
    "joiner": "{{ joiner }}",
    "namespace": "{{ namespace(a=1) }}",
    "the template itself": "{{ self._TemplateReference__context }}",
    "the context": "{{ self.__dict__ }}",
    "a format string": "{{ '{0.__class__}'.format(product) }}",
    "a format map": "{{ '{a.__class__}'.format_map({'a': 1}) }}",
    "the filter format": "{{ '%s'|format(product) }}",
    "a method": "{{ product.upper() }}",
    "map with an attribute": "{{ [product]|map(attribute='__class__')|list }}",
    "select": "{{ [product]|select('string')|list }}",
    "a filter's own globals": "{{ (product|upper).__class__ }}",
    "another file": "{% include '/etc/passwd' %}",
    "another file's macros": "{% import '/etc/passwd' as p %}",
    "a parent": "{% extends '/etc/passwd' %}",
    "debug": "{% debug %}",
    "do": "{% do product.append(1) %}",
    "a number's parts": "{{ price.real }}",
    "a name of Python's": "{{ __import__('os') }}",
}
ENDLESS = {
    "a power": "{{ 10**10**9 }}",
    "a text times a number": "{{ 'a' * 1000000000 }}",
    "a list times a number": "{{ [1] * 1000000000 }}",
    "a number times a text": "{{ 1000000000 * 'a' }}",
    "a padded number": "{{ '%1000000000d' % 1 }}",
    "the filter center": "{{ product|center(1000000000) }}",
    "the filter indent": "{{ product|indent(1000000000) }}",
    "the filter batch": "{{ product|batch(1000000000, 'x')|list }}",
    "the filter wordwrap": "{{ product|wordwrap(1) }}",
    "a range": "{{ range(1000000000)|list }}",
    "nested ranges": "{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}",
    "a loop over a text": "{% for a in product %}{% for b in product %}{{ a }}{% endfor %}{% endfor %}",
    "a recursive loop": "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "a macro that calls itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a text that doubles": "{% set a = 'aaaaaaaa' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
    "replaced again and again": "{{ 'a'" + "|replace('a', 'aaaaaaaaaaaaaaaa')" * 20 + " }}",
    "rounded to a billion places": "{{ price|round(1000000000) }}",
    "rounded far before the point": "{{ 1|round(-1000000000) }}",
    "a product of large numbers": "{{ 1" + " * 999999999999" * 500 + " }}",
    "a number of 7,000 digits": "{{ " + "9" * 7000 + " }}",
    "an infinite number": "{{ 1e999 }}",
    "an infinite number times nothing": "{{ 1e999 * 0 }}",
    "divided by nothing": "{{ price / 0 }}",
    "brackets in brackets": "{{ " + "(" * 3900 + "1" + ")" * 3900 + " }}",
    "not, not, not": "{{ " + "not " * 1900 + "1 }}",
    "minus, minus, minus": "{{ " + "-" * 7900 + "1 }}",
    "a sum of thousands": "{{ 1" + "+1" * 3900 + " }}",
    "filters one after another": "{{ product" + "|trim" * 1500 + " }}",
    "ifs in ifs": "{% if 1 %}" * 360 + "{% endif %}" * 360,
    "lists in lists": "{{ " + "[" * 3900 + "]" * 3900 + " }}",
    "far too long": "a" * (LONGEST_TEMPLATE + 1),
    "cut off": "{{ product",
    "cut off in a text": "{{ 'aaa",
    "an open if": "{% if product %}",
    "comments": "{#" * 3900,
}
HARMLESS = {
    "what all texts give": "{{ title ~ product ~ reason }}" * 200,
    "conditions": "{% if price %}{{ price }}{% endif %}" * 200,
    "a chain of conditions": "{{ 1 if price " + "and price " * 30 + "else 2 }}",
    "replaced within bounds": "{{ product|replace('e', 'eee') }}",
}
MOST_CPU_S = 10
MOST_MEMORY = 1 << 30


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    for name, template in {**REACHING, **ENDLESS, **HARMLESS}.items():
        error: str | None = None
        try:
            check_template(template)
        except TemplateError as refused:
            error = refused.reason
        print(json.dumps({"name": name, "error": error}), flush=True)


if __name__ == "__main__":
    main()
