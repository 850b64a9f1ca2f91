namespace Casemate.Rego.Tests;

public sealed class LanguageTests
{
    [Fact]
    public void YamlBehindANulCharacter_IsNeverReadAsIfItWereNotThere()
    {
        Assert.Equal("undefined", Policy.P("p := yaml.unmarshal(\"a: 1\\u0000\\nb: 2\")"));
        Assert.Equal("false", Policy.P("p := yaml.is_valid(\"a: 1\\u0000\\nb: 2\")"));
    }

    [Theory]
    [InlineData("p := 1", "1")]
    [InlineData("p if 1 < 2", "true")]
    [InlineData("p if 1 > 2", "undefined")]
    [InlineData("default p := false\np if input.x", "false")]
    [InlineData("p contains x if some x in [3, 1, 2]", "{1, 2, 3}")]
    [InlineData("p[k] := v if some k, v in {\"a\": 1, \"b\": 2}", "{\"a\": 1, \"b\": 2}")]
    [InlineData("p := [x | some x in {3, 1, 2}]", "[1, 2, 3]")]
    [InlineData("p := {x: y | some x, y in [5, 6]}", "{0: 5, 1: 6}")]
    [InlineData("p := {x | x := [1, 1, 2][_]}", "{1, 2}")]
    [InlineData("f(x) := x + 1\np := f(f(1))", "3")]
    [InlineData("f(\"a\") := 1\nf(\"b\") := 2\nf(\"c\") := 3\np := [f(\"a\"), f(\"b\"), f(\"c\")]", "[1, 2, 3]")]
    [InlineData("f(\"a\") := 1\nf(\"b\") := 2\nf(\"c\") := 3\np := f(\"d\")", "undefined")]
    [InlineData("p := x if { [x, 2] = [1, y]; y == 2 }", "1")]
    [InlineData("p := x if { {\"a\": [_, x]} := {\"a\": [1, 2]} }", "2")]
    [InlineData("p if every x in [1, 2, 3] { x > 0 }", "true")]
    [InlineData("p if every x in [1, 2, 0] { x > 0 }", "undefined")]
    [InlineData("p if every x in [] { x > 0 }", "true")]
    [InlineData("p if every k, v in {\"a\": \"a\"} { k == v }", "true")]
    [InlineData("p if every x in input.nothing { x }", "undefined")]
    [InlineData("p if not input.x", "true")]
    [InlineData("q := 1\np if not q == 2", "true")]
    [InlineData("p := 1 if { false } else := 2 if { true } else := 3", "2")]
    [InlineData("p if input.a == 1", "undefined")]
    [InlineData("p if 2 in [1, 2]", "true")]
    [InlineData("p if \"a\", 1 in {\"a\": 1}", "true")]
    [InlineData("p := {1, 2, 3} - {2} | {9} & {9}", "{1, 3, 9}")]
    [InlineData("p := 7 % 4 + 2 * 3 - 4 / 2", "7")]
    [InlineData("p := x if { x = y; y = 3 }", "3")]
    [InlineData("p := x if { some i; x := [10, 20, 30][i]; i == 1 }", "20")]
    [InlineData("a.b.c := 1\na.b.d := 2\np := a", "{\"b\": {\"c\": 1, \"d\": 2}}")]
    [InlineData("a[x].b := y if some x, y in {\"k\": 7}\np := a.k.b", "7")]
    [InlineData("a[x] contains y if { some x in [1, 2]; some y in [x, 9] }\np := a", "{1: {1, 9}, 2: {2, 9}}")]
    [InlineData("p := count(\"héllo\")", "5")]
    [InlineData("p := walked if { walked := [v | walk({\"a\": [1]}, [_, v])] }", "[{\"a\": [1]}, [1], 1]")]
    [InlineData("p := $\"a {1 + 1} {input.x}!\"", "\"a 2 <undefined>!\"")]
    [InlineData("p if { x := 5; x == 5 }\np if false", "true")]
    [InlineData("p := y if { y := input.x } else := 9", "9")]
    [InlineData("p := x if { x := data.test.q[\"k\"] }\nq[\"k\"] := 3 if true", "3")]
    [InlineData("p := [i | some i; [\"a\", \"b\"][i]]", "[0, 1]")]
    [InlineData("p := {k | data.test.r[k]}\nr := {\"a\": 1, \"b\": false}", "{\"a\"}")]
    [InlineData("p := `raw \\n`", "\"raw \\\\n\"")]
    [InlineData("p := \"tab\\t\\u00e9\"", "\"tab\\té\"")]
    [InlineData("p := -1 - -2", "1")]
    [InlineData("p if { not false; null; 0; \"\"; []; {} }", "true")]
    [InlineData("p := sprintf(\"%s %d %v %5.2f|%-4s|%04d|%x\", [\"a\", 3, [1, \"b\"], 3.14159, \"x\", 42, 255])",
        "\"a 3 [1, \\\"b\\\"]  3.14|x   |0042|ff\"")]
    [InlineData("p := 0.1 + 0.2", "0.3")]
    [InlineData("p := 9223372036854775807 + 1", "9223372036854775808")]
    [InlineData("p if 1 == 1.0", "true")]
    [InlineData("p := [1 / 3, 10 / 4, 1e3]", "[0.3333333333333333333, 2.5, 1000]")]
    public void Evaluates(string rules, string expected) => Assert.Equal(expected, Policy.P(rules));

    [Theory]
    [InlineData("p { true }", "true")]
    [InlineData("p[x] { x = [1, 2][_] }", "{1, 2}")]
    [InlineData("p[x] = y { y = {\"a\": 1}[x] }", "{\"a\": 1}")]
    [InlineData("p = 1 { false } else = 2 { true }", "2")]
    [InlineData("p = x { x = 1 } { x = 1; true }", "1")]
    [InlineData("p = 3", "3")]
    [InlineData("p { input == 1 }", "undefined")]
    [InlineData("import future.keywords\np contains 1 if true", "{1}")]
    [InlineData("import future.keywords.in\np { 1 in [1] }", "true")]
    [InlineData("if = 1\np = if", "1")]
    [InlineData("p = n { count([1, 2], n) }", "2")]
    [InlineData("default f(x) = 0\nf(x) = x { x > 5 }\np = [f(1), f(6)]", "[0, 6]")]
    public void Evaluates_OlderDialect(string rules, string expected) => Assert.Equal(expected, Policy.P(rules, version: RegoVersion.V0));

    [Theory]
    [InlineData("p := y if { y := input.x with input as {\"x\": 7} }", "7")]
    [InlineData("q := input.x\np := [q, y] if { y := q with input.x as 2 }", "[1, 2]")]
    [InlineData("q := data.base.v\np := y if { y := q with data.base.v as 5 }", "5")]
    [InlineData("q := 1\nr := q + 1\np := y if { y := r with data.test.q as 10 }", "11")]
    [InlineData("p := y if { y := count([1, 2]) with count as 9 }", "9")]
    [InlineData("f(x) := x * 2\ng(x) := f(x)\nh(_) := 100\np := y if { y := g(1) with f as h }", "100")]
    [InlineData("p := [a, b, c] if { a := input.x; b := input.x with input as {\"x\": 5}; c := input.x }", "[1, 5, 1]")]
    public void With_ReplacesForOneLiteral(string rules, string expected) => Assert.Equal(expected, Policy.P(rules, "{\"x\": 1}"));

    [Theory]
    [InlineData("p if { not x > 1 }", "rego_unsafe_var_error", 2, 8)]
    [InlineData("p := x if { true }", "rego_unsafe_var_error", 2, 6)]
    [InlineData("p if { some i; startswith($\"{[1, 2][i]}\", \"1\") }", "rego_unsafe_var_error", 2, 16)]
    [InlineData("p if { q }\nq if { p }", "rego_recursion_error", 2, 1)]
    [InlineData("p := nothing(1)", "rego_type_error", 2, 6)]
    [InlineData("p := count(1, 2, 3)", "rego_type_error", 2, 6)]
    [InlineData("p := count(1)", "rego_type_error", 2, 6)]
    [InlineData("p { true }", "rego_parse_error", 2, 3)]
    [InlineData("p if { x := 1; x := 2 }", "rego_compile_error", 2, 16)]
    [InlineData("p := http.send({})", "rego_type_error", 2, 6)]
    [InlineData("p := \"abc", "rego_parse_error", 2, 6)]
    [InlineData("default p := 1\ndefault p := 2", "rego_type_error", 3, 9)]
    public void Refuses(string rules, string code, int line, int column)
    {
        var error = Policy.Errors("package test\n" + rules)[0];

        Assert.Equal((code, line, column), (error.Code.ToText(), error.Location!.Value.Line, error.Location!.Value.Column));
    }

    [Theory]
    [InlineData("p := 1\np := 2")]
    [InlineData("p[\"a\"] := v if { some v in [1, 2] }")]
    [InlineData("f(_) := v if { some v in [1, 2] }\np := f(0)")]
    [InlineData("p := {\"a\": v | some v in [1, 2]}")]
    public void Contradiction_IsAConflict(string rules) => Assert.Equal("eval_conflict_error", Policy.P(rules));

    [Fact]
    public void Data_AndRules_LieOverEachOther()
    {
        const string Modules = "package a.b\nc := 1\nd := data.a.z";
        Assert.Equal(
            "{\"a\": {\"b\": {\"c\": 1, \"d\": 5}, \"z\": 5}}", Policy.Ask(Modules, "data", data: "{\"a\": {\"z\": 5, \"b\": {\"c\": 3}}}")
                .Value!.ToString());
        Assert.Equal(
            ["c", "d"], Policy.Ask(Modules, "data.a.b[x]", data: "{\"a\": {\"z\": 5}}")
                .Bindings.Select(row => ((RegoString)row["x"]!).Value));
    }

    [Fact]
    public void Print_CollectsUndefined_AndEveryCombination()
    {
        var result = Policy.Ask(
            "package test\np if { print(\"a\", input.x, [1, 2][_]); true }", "data.test.p",
                options: new RegoEvaluation { CollectPrints = true });

        Assert.Equal(["a <undefined> 1", "a <undefined> 2"], result.Prints);
    }
}
