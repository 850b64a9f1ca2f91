"""Counts test results honestly. Usage: count-results.py RESULTS PROJECT...

RESULTS holds PROJECT.trx (results) and PROJECT.exit (exit code of the test program) for each project. Results are counted one by
one: summary counters in the files differ between runners. A project without a readable result file is one failure, and so is a
program that ended badly although no test of it failed. Skipped tests are listed with their reasons; the last line is the sum.
"""
import pathlib
import sys
import xml.etree.ElementTree as xml

NAMESPACE = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"


def read(path):
    """Returns (passed, failed names, [(skipped name, reason)]) of one result file."""
    passed, failed, skipped = 0, [], []
    for result in xml.parse(path).getroot().iter(NAMESPACE + "UnitTestResult"):
        outcome, name = result.get("outcome"), result.get("testName")
        if outcome == "Passed":
            passed += 1
        elif outcome == "NotExecuted":
            texts = [element.text.strip() for element in result.iter() if element.text and element.text.strip()]
            skipped.append((name, texts[0] if texts else "no reason given"))
        else:
            failed.append(name)
    return passed, failed, skipped


def main(results, projects):
    passed, failures, skipped = 0, [], []
    for project in projects:
        try:
            good, bad, left_out = read(results / (project + ".trx"))
        except (OSError, xml.ParseError) as error:
            failures.append(f"{project}: no results ({type(error).__name__}): it was not built, crashed or did not end in time")
            continue

        code = (results / (project + ".exit")).read_text().strip()
        if code != "0" and not bad:
            bad = [f"{project}: exit code {code} although no test failed"]
        passed += good
        failures += bad
        skipped += left_out

    if skipped:
        print(f"{len(skipped)} skipped")
        for name, reason in skipped:
            print(f"  {name}: {reason}")
    for name in failures:
        print(f"FAILED {name}")
    print(f"{passed} passed, {len(failures)} failed")
    return 0 if passed and not failures else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2:]))
