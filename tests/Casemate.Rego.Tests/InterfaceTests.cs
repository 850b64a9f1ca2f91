namespace Casemate.Rego.Tests;

/// <summary>What a host sees: queries, functions of its own, indexes, traces, errors.</summary>
public sealed class InterfaceTests
{
    [Fact]
    public void Query_WithVariables_GivesOneRowPerSolution()
    {
        var result = Policy.Ask("package test\nq := {\"a\": 1, \"b\": 2}", "data.test.q[k] = v; v > 1");

        Assert.Equal("{\"k\": \"b\", \"v\": 2}", Assert.Single(result.Bindings).ToString());
        Assert.Null(result.Value);
    }

    [Fact]
    public void Query_ThatIsFalse_IsDefined()
    {
        var result = Policy.Ask("package test\np := false", "data.test.p");

        Assert.True(result.IsDefined);
        Assert.False(result.IsTrue);
        Assert.Same(RegoValue.False, result.Value);
    }

    [Theory]
    [InlineData("data.test.[", RegoErrorCode.ParseError)]
    [InlineData("x > 1", RegoErrorCode.UnsafeVariable)]
    [InlineData("nothing(1)", RegoErrorCode.TypeError)]
    [InlineData("", RegoErrorCode.ParseError)]
    public void Query_ThatIsWrong_IsRefusedWithItsPlace(string query, RegoErrorCode code)
    {
        Assert.Null(Policy.Compile("package test").TryPrepare(query, out var error));
        Assert.Equal(code, error!.Code);
        Assert.Equal("query", error.Location!.Value.File);
    }

    [Fact]
    public void HostFunctions_AreKnownWhenCompiled_AndMayBeUndefined()
    {
        var options = new RegoCompileOptions
        {
            Functions = [new RegoFunction("reference.value", 1, a => a[0].Equals(RegoValue.From("known")) ? RegoValue.From(7) : null)],
        };
        const string Module = "package test\np := reference.value(\"known\")\nq := reference.value(\"other\")";

        var policy = RegoCompiler.Compile("m", Module, options).Policy!;

        Assert.Equal("{\"p\": 7}", policy.Prepare("data.test").Evaluate(null).Value!.ToString());
        Assert.Equal(RegoErrorCode.TypeError, RegoCompiler.Compile("m", Module).Errors[0].Code);
        Assert.Contains("undefined function reference.value", RegoCompiler.Compile("m", Module)
            .Errors[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Index_GivesTheSameAnswers_AsTryingEveryRule()
    {
        const string Module = """
            package test
            p := "a" if { input.kind == "x"; input.n > 1 }
            p := "b" if { input.kind == "y" }
            p := "c" if { "z" == input.kind }
            p := "d" if { input.other }
            f("x", _) := 1
            f("y", n) := n
            f("z", _) := 3
            f(k, _) := 4 if { k == "w" }
            """;
        var policy = Policy.Compile(Module);
        var (p, f) = (policy.Prepare("data.test.p"), policy.Prepare("data.test.f(input.kind, 2)"));

        Assert.Equal(
            ["undefined 1", "b 2", "c 3", "d undefined", "undefined 4"],
            ((string[])["{\"kind\": \"x\", \"n\": 0}", "{\"kind\": \"y\"}", "{\"kind\": \"z\"}", "{\"other\": 1}", "{\"kind\": \"w\"}"])
                .Select(input =>
                $"{Text(p.EvaluateJson(System.Text.Encoding.UTF8.GetBytes(input)))} {Text(f.EvaluateJson(System.Text.Encoding.UTF8.GetBytes(input)))}"));

        static string Text(RegoResult result) => result.Value is RegoString text ? text.Value : result.Value?.ToString() ?? "undefined";
    }

    [Fact]
    public void Trace_HoldsEachStep_OnlyWhenAskedFor()
    {
        const string Module = "package test\np if { x := input.a; x > 1 }";

        var result = Policy.Ask(Module, "data.test.p", "{\"a\": 5}", options: new RegoEvaluation { Trace = true });

        Assert.Equal(
            [RegoTraceKind.Enter, RegoTraceKind.Evaluate, RegoTraceKind.Evaluate, RegoTraceKind.Exit], result.Trace.Select(e => e.Kind));
        Assert.Equal("x > 1", result.Trace[2].Text);
        Assert.Equal("x", Assert.Single(result.Trace[2].Bindings).Key);
        Assert.Empty(Policy.Ask(Module, "data.test.p").Trace);
    }

    [Fact]
    public void Explanation_NamesTheLiteral_ItsValues_AndTheCauseBelow()
    {
        var query = Policy.Compile("package test\nallow if { input.user == \"ann\"; fresh }\nfresh if { input.age < 10 }")
            .Prepare("data.test.allow");
        Assert.True(RegoValue.TryReadJson("{\"user\": \"ann\", \"age\": 11}"u8.ToArray(), out var input, out _));

        var explanation = Assert.Single(query.Explain(input, null, null, out var result));

        Assert.False(result.IsDefined);
        Assert.Equal(
            "data.test.allow is undefined: test.rego:2:33: failed at fresh <- test.rego:3:12: failed at input.age < 10 (input.age = 11)",
            explanation.ToLine());
    }

    [Fact]
    public void StrictErrors_EndTheEvaluation_OthersLeaveTheCallUndefined()
    {
        const string Module = "package test\np := 1 / input.x\nq := count(input.x)";

        Assert.Null(Policy.Ask(Module, "data.test.p", "{\"x\": 0}").Error);
        var strict = new RegoEvaluation { StrictBuiltinErrors = true };
        var error = Policy.Ask(Module, "data.test.p", "{\"x\": 0}", options: strict).Error!;
        Assert.Equal("test.rego:2:8: eval_builtin_error: div: divide by zero", error.ToString());
        Assert.Equal(
            "count: operand 1 must be one of {string, array, object, set} but got number",
            Policy.Ask(Module, "data.test.q", "{\"x\": 0}", options: strict).Error!.Message);
    }

    [Fact]
    public void TimeAndChance_ComeFromTheHost_OrNotAtAll()
    {
        const string Module = "package test\np := [time.now_ns(), rand.intn(\"k\", 10), rand.intn(\"k\", 10), uuid.rfc4122(\"u\")]";
        var options = new RegoEvaluation { Now = DateTimeOffset.UnixEpoch, Seed = 3 };

        var first = Policy.Ask(Module, "data.test.p", options: options).Value!;

        Assert.Equal(first, Policy.Ask(Module, "data.test.p", options: options).Value);
        Assert.Equal(((RegoArray)first)[1], ((RegoArray)first)[2]);
        Assert.False(Policy.Ask(Module, "data.test.p").IsDefined);
    }

    [Fact]
    public void Policies_ListTheirRules() =>
        Assert.Equal(["data.test.f", "data.test.p.q"], Policy.Compile("package test\np.q := 1\nf(x) := x").Rules);

    [Fact]
    public void Errors_OfAllModules_ComeTogether_InOrder()
    {
        var compilation = RegoCompiler.Compile([new RegoSource("b.rego", "package b\np := "),
            new RegoSource("a.rego", "package a\n\np = [")]);

        Assert.False(compilation.Succeeded);
        Assert.Equal(["b.rego", "a.rego"], compilation.Errors.Select(error => error.Location!.Value.File));
    }
}
