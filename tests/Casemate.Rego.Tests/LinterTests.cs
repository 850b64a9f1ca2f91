namespace Casemate.Rego.Tests;

public sealed class LinterTests
{
    [Fact]
    public void NamesWhatNothingReads()
    {
        var warnings = Find("""
            package a
            import data.used
            import data.spare
            import input.only as there
            p if {
                x := 1
                some y in input.ys
                some z
                input.zs[z]
                every k, v in input.m { v > 0 }
                [a, b] := input.pair
                a > there.n
                used.f(_)
            }
            """);

        Assert.Equal(
            [
                (RegoWarningCode.UnusedImport, 3, 1), (RegoWarningCode.UnusedVariable, 6, 5), (RegoWarningCode.UnusedVariable, 7, 10),
                (RegoWarningCode.UnusedVariable, 10, 11), (RegoWarningCode.UnusedVariable, 11, 9),
            ],
            warnings.Select(warning => (warning.Code, warning.Location.Line, warning.Location.Column)));
        Assert.Contains("data.spare", warnings[0].Message);
    }

    [Fact]
    public void ReadsBranchesAndInnerBodies()
    {
        Assert.Empty(Find("""
            package a
            import data.b.f
            p := x if { x := input.x } else := y if { y := input.y }
            q[k] := v if some k, v in input.o
            r contains n if { n := [m | some m in input.ms]; count(n) > f(1) } 
            s if { t := 1; {u | u := t} }
            """));
    }

    [Fact]
    public void ListsFormsOfTheOlderDialect_OnceEach()
    {
        var warnings = Find("package a\np { input.x }\np { input.y }\nq[x] { x := 1 }\nr = 1 { false } else = 2 { true }\nif = 3", RegoVersion.V0);

        Assert.Equal(
            [(2, "body without 'if'"), (4, "member of a set"), (5, "body of 'else'"), (6, "'if' is a name")],
            warnings.Select(warning => (warning.Location.Line, new[] { "member of a set", "body of 'else'", "'if' is a name",
                "body without 'if'" }.First(part => warning.Message.Contains(part, StringComparison.Ordinal)))));
        Assert.Contains("3 other places", warnings[0].Message);
        Assert.All(warnings, warning => Assert.Equal(RegoWarningCode.OlderForm, warning.Code));
        Assert.Empty(Find("package a\nimport rego.v1\np if input.x", RegoVersion.V0));
    }

    [Theory]
    [InlineData("any([input.x])", RegoWarningCode.RemovedFunction)]
    [InlineData("regex.match(`^a|b$`, input.x)", RegoWarningCode.UnevenAnchors)]
    [InlineData("regex.match(`(^a|b)`, input.x)", RegoWarningCode.UnevenAnchors)]
    [InlineData("regex.replace(input.x, `a$|b`, \"\")", RegoWarningCode.UnevenAnchors)]
    [InlineData("regex.match(`a^b`, input.x)", RegoWarningCode.PatternNeverMatches)]
    [InlineData("regex.match(`^a$b+`, input.x)", RegoWarningCode.PatternNeverMatches)]
    [InlineData("regex.match(`a(b`, input.x)", RegoWarningCode.InvalidPattern)]
    [InlineData("regex.match(`^(a|b)$`, input.x)", null)]
    [InlineData("regex.match(`^a$|^b$`, input.x)", null)]
    [InlineData("regex.match(`a?^b`, input.x)", null)]
    [InlineData("regex.match(`a|b`, input.x)", null)]
    [InlineData("regex.match(input.y, input.x)", null)]
    public void LooksAtFunctionsAndPatterns(string call, RegoWarningCode? code)
    {
        var warnings = Find($"package a\np if {call}");

        Assert.Equal(code is null ? [] : [code.Value], warnings.Select(warning => warning.Code));
    }

    [Fact]
    public void LeavesWhatCannotBeRead_ToTheCompiler() => Assert.Empty(Find("package a\np if {"));

    private static IReadOnlyList<RegoWarning> Find(string text, RegoVersion version = RegoVersion.V1) =>
        RegoLinter.Find([new RegoSource("a.rego", text)], new RegoCompileOptions { Version = version });
}
