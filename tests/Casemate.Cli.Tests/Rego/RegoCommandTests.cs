using System.Text;
using System.Text.Json;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Rego;

/// <summary><c>casemate rego eval|check|test|fmt|bench|conformance</c>.</summary>
public sealed class RegoCommandTests : IDisposable
{
    private const string Policy = """
        package shop

        default allow := false

        allow if {
            input.role == "keeper"
            input.age >= data.least
        }

        names contains name if some name in input.names

        late if time.now_ns() > 0

        spin if numbers.range(1, 100000)[_] + numbers.range(1, 100000)[_] == -1
        """;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Eval_AnswersAQuery()
    {
        var (policy, data, input) = Files("""{"role": "keeper", "age": 21, "names": ["a", "b"]}""");

        var value = Run("eval", "data.shop.allow", "-d", policy, "-d", data, "-i", input, "--fail");
        var rows = Run("eval", "data.shop.names[x]", "-d", policy, "-i", input);
        using var json = JsonDocument.Parse(Run("eval", "data.shop.names", "-d", policy, "-i", input, "-o", "json").Output);
        var yaml = Run("eval", "data.shop.names", "-d", policy, "-i", input, "-o", "yaml");

        Assert.Equal((ExitCode.Success, "true\n"), (value.ExitCode, value.Output));
        Assert.Equal(["x", "\"a\"", "\"b\""], rows.Lines);
        Assert.True(json.RootElement.GetProperty("defined").GetBoolean());
        Assert.Equal(2, json.RootElement.GetProperty("value").GetArrayLength());
        Assert.Contains("query: \"data.shop.names\"", yaml.Output);
    }

    [Fact]
    public void Eval_ReadsInputFromStandardInput_AndTellsTheTime()
    {
        var (policy, _, _) = Files("{}");

        var run = CommandLine.RunWithInput(
            Encoding.UTF8.GetBytes("""{"names": ["z"]}"""), "rego", "eval", "[data.shop.names, data.shop.late]", "-d", policy, "-i", "-", "-o", "json");

        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal("""[["z"],true]""", json.RootElement.GetProperty("value").GetRawText().Replace(" ", "").Replace("\n", ""));
    }

    [Fact]
    public void Eval_ExplainsWhatFailed()
    {
        var (policy, data, input) = Files("""{"role": "keeper", "age": 15}""");

        var table = Run("eval", "data.shop.allow", "-d", policy, "-d", data, "-i", input, "--explain", "--fail");
        using var json = JsonDocument.Parse(
            Run("eval", "data.shop.allow", "-d", policy, "-d", data, "-i", input, "--explain", "-o", "json").Output);

        Assert.Equal(ExitCode.Refused, table.ExitCode);
        Assert.StartsWith("false\n", table.Output, StringComparison.Ordinal);
        Assert.Contains("policy.rego:7:5: failed at input.age >= data.least (input.age = 15)", table.Output);
        var attempts = json.RootElement.GetProperty("explanations")[0].GetProperty("attempts").EnumerateArray().ToList();
        Assert.Contains(attempts, attempt => attempt.TryGetProperty("failedLiteral", out var literal) && literal.GetString()!.Contains("data.least"));
    }

    [Fact]
    public void Eval_OfNothing_IsUndefined_AndFailsOnlyWhenAsked()
    {
        var (policy, _, _) = Files("{}");

        Assert.Equal((ExitCode.Success, "undefined\n"), Brief(Run("eval", "data.shop.nothing", "-d", policy)));
        Assert.Equal((ExitCode.Refused, "undefined\n"), Brief(Run("eval", "data.shop.nothing", "-d", policy, "--fail")));
    }

    [Fact]
    public void Eval_EndsAtALimit_WithOneSentence()
    {
        var (policy, _, _) = Files("{}");

        var run = Run("eval", "data.shop.spin", "-d", policy, "--steps", "1000");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("limit_steps", run.Error);
        Assert.Equal(ExitCode.Usage, Run("eval", "data.shop.spin", "-d", policy, "--steps", "0").ExitCode);
    }

    [Theory]
    [InlineData("package a\np := to_number(\"x\")", "--strict-errors", "eval_builtin_error")]
    [InlineData("package a\np := 1\np := 2", "", "eval_conflict_error")]
    [InlineData("package a\np if {", "", "rego_parse_error")]
    public void Eval_RefusesWhatIsWrong(string policy, string option, string code)
    {
        var file = Write("wrong.rego", policy);

        var run = Run(["eval", "data.a.p", "-d", file, .. option.Length > 0 ? new[] { option } : []]);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains(code, run.Error);
    }

    [Fact]
    public void Eval_PutsDataOfFolders_AtTheirNames_AndRefusesContradictions()
    {
        Write("tree/limits/data.json", """{"age": 18}""");
        Write("tree/limits/more.yaml", "size: 3\n");
        var tree = Path.Combine(_directory.Path, "tree");

        Assert.Equal("{\n  \"age\": 18,\n  \"size\": 3\n}\n", Run("eval", "data.limits", "-d", tree).Output);

        Write("tree/limits/zzz.json", """{"age": 19}""");
        var run = Run("eval", "data.limits", "-d", tree);
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("data.age another value", run.Error.Replace("limits.", ""));
    }

    [Fact]
    public void Check_ListsErrors_WithTheirPlaces()
    {
        var good = Write("good.rego", "package a\np if input.x\n");
        var older = Write("older.rego", "package a\np { input.x }\n");
        var wrong = Write("wrong.rego", "package a\np if {\n    not x\n}\nq := nosuch(1)\n");

        Assert.Equal((ExitCode.Success, ""), Brief(Run("check", good)));
        Assert.Equal(ExitCode.Success, Run("check", older, "--v0").ExitCode);
        Assert.Equal(ExitCode.Refused, Run("check", older).ExitCode);
        Assert.Equal(ExitCode.BadInput, Run("check", Path.Combine(_directory.Path, "absent.rego")).ExitCode);

        var run = Run("check", wrong, "-o", "json");
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        var error = json.RootElement.GetProperty("errors")[0];
        Assert.Equal(wrong, error.GetProperty("file").GetString());
        Assert.InRange(error.GetProperty("line").GetInt32(), 3, 5);
        Assert.StartsWith("rego_", error.GetProperty("code").GetString(), StringComparison.Ordinal);
        Assert.Contains($"{wrong}:", Run("check", wrong).Output);
    }

    [Fact]
    public void Check_ListsWarnings_WhichRefuseOnlyWhenAsked()
    {
        var file = Write("doubtful.rego", "package a\nimport data.b\np if regex.match(`^x|y$`, input.z)\n");

        var run = Run("check", file);
        using var json = JsonDocument.Parse(Run("check", file, "-o", "json").Output);

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains($"{file}:2:1: warning: nothing uses the import data.b (UnusedImport)", run.Output);
        Assert.Contains("1 module, 0 errors, 2 warnings", run.Error);
        Assert.Equal(
            ["UnusedImport", "UnevenAnchors"],
            json.RootElement.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetProperty("code").GetString()));
        Assert.Equal(ExitCode.Refused, Run("check", file, "--strict").ExitCode);
        Assert.Equal(ExitCode.Success, Run("check", Write("fine.rego", "package a\np if input.x\n"), "--strict").ExitCode);
    }

    [Fact]
    public void Fmt_PrintsOneModule_FromAFileOrStandardInput()
    {
        const string Wanted = "package a\n\np := 1 if input.x\n";
        var file = Write("loose.rego", "package a\np:=1 if   input.x");

        Assert.Equal((ExitCode.Success, Wanted), Brief(Run("fmt", file)));
        Assert.Equal(
            (ExitCode.Success, Wanted), Brief(CommandLine.RunWithInput("package a\np:=1 if input.x"u8.ToArray(), "rego", "fmt", "-")));
        Assert.Equal((ExitCode.Success, "package a\n\np { input.x }\n"), Brief(Run("fmt", Write("old.rego", "package a\np{input.x}"), "--v0")));
        Assert.Equal(ExitCode.Usage, Run("fmt", file, Write("other.rego", "package b")).ExitCode);
        Assert.Equal(ExitCode.Usage, Run("fmt", "-", "--write").ExitCode);
    }

    [Fact]
    public void Fmt_ChecksShowsAndWrites_WhatIsLaidOutInAnotherWay()
    {
        Write("f/good.rego", "package a\n\np := 1\n");
        var loose = Write("f/loose.rego", "package a\n\n# one\np := 1\nq:=2\n");
        var folder = Path.Combine(_directory.Path, "f");

        Assert.Equal((ExitCode.Refused, loose + "\n"), Brief(Run("fmt", folder, "--check")));
        Assert.Equal(
            (ExitCode.Success, $"--- {loose}\n+++ {loose}\n@@ -2,4 +2,4 @@\n \n # one\n p := 1\n-q:=2\n+q := 2\n"),
            Brief(Run("fmt", folder, "--diff")));
        Assert.Equal(ExitCode.Refused, Run("fmt", folder, "--diff", "--check").ExitCode);
        Assert.Equal((ExitCode.Success, ""), Brief(Run("fmt", folder, "--write")));
        Assert.Equal("package a\n\n# one\np := 1\nq := 2\n", File.ReadAllText(loose));
        Assert.Equal((ExitCode.Success, ""), Brief(Run("fmt", folder, "--check")));
    }

    [Fact]
    public void Fmt_WritesNothing_WhereOneModuleCannotBeRead()
    {
        var loose = Write("g/loose.rego", "package a\np:=1");
        Write("g/wrong.rego", "package a\np := ");

        var run = Run("fmt", Path.Combine(_directory.Path, "g"), "--write");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("wrong.rego:2", run.Error);
        Assert.Equal("package a\np:=1", File.ReadAllText(loose));
    }

    [Fact]
    public void Bench_SaysWhatADecisionCosts()
    {
        var (policy, data, input) = Files("""{"role": "keeper", "age": 21}""");

        var table = Run("bench", "data.shop.allow", "-d", policy, "-d", data, "-i", input, "--count", "20");
        using var json = JsonDocument.Parse(
            Run("bench", "data.shop.allow", "-d", policy, "-d", data, "-i", input, "--count", "20", "-o", "json").Output);

        Assert.Equal(ExitCode.Success, table.ExitCode);
        Assert.Contains("p99", table.Output);
        Assert.Equal(20, json.RootElement.GetProperty("count").GetInt32());
        Assert.True(json.RootElement.GetProperty("steps").GetInt64() > 0);
        Assert.True(json.RootElement.GetProperty("p50Ms").GetDouble() <= json.RootElement.GetProperty("p99Ms").GetDouble());
        Assert.Equal(ExitCode.Usage, Run("bench", "data.shop.allow", "-d", policy, "--count", "1").ExitCode);
        Assert.Equal(ExitCode.BadInput, Run("bench", "data.shop.spin", "-d", policy, "--steps", "1000").ExitCode);
    }

    [Fact]
    public void Test_RunsTests_AndSaysWhatFailed()
    {
        Write("t/policy.rego", "package shop\nallow if {\n    input.role == \"keeper\"\n    input.age >= 18\n}\nother if {\n    input.z\n}\n");
        Write("t/policy_test.rego", """
            package shop_test
            import data.shop
            test_keeper if shop.allow with input as {"role": "keeper", "age": 20}
            test_wrong if shop.allow with input as {"role": "guest"}
            test_mocked if http.send({"method": "GET"}).status_code == 200 with http.send as {"status_code": 200}
            todo_test_later if false
            """);
        var folder = Path.Combine(_directory.Path, "t");

        var run = Run("test", folder, "--coverage");
        using var json = JsonDocument.Parse(Run("test", folder, "--run", "keeper", "--coverage", "-o", "json").Output);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("PASS  data.shop_test.test_keeper", run.Output);
        Assert.Contains("PASS  data.shop_test.test_mocked", run.Output);
        Assert.Contains("FAIL  data.shop_test.test_wrong", run.Output);
        Assert.Contains("SKIP  data.shop_test.todo_test_later", run.Output);
        Assert.Contains("4 tests: 1 fail, 2 pass, 1 skip", run.Output);
        Assert.Contains("policy.rego: not reached: line 7", run.Output);
        Assert.Equal("pass", json.RootElement.GetProperty("tests")[0].GetProperty("outcome").GetString());
        Assert.True(json.RootElement.GetProperty("coverage").GetProperty("reached").GetInt32() >= 3);
        Assert.Equal(ExitCode.Success, Run("test", folder, "--run", "keeper").ExitCode);
        Assert.Equal(ExitCode.Refused, Run("test", folder, "--run", "keeper", "--threshold", "99").ExitCode);
        Assert.Equal(ExitCode.BadInput, Run("test", folder, "--run", "nosuch").ExitCode);
    }

    [Fact]
    public void Conformance_ReportsByCategory()
    {
        Write("cases/one.yaml", """
            cases:
              - note: a/right
                query: data.t.p = x
                modules: ["package t\np := 1"]
                want_result: [{x: 1}]
              - note: b/wrong
                query: data.t.p = x
                modules: ["package t\np := 1"]
                want_result: [{x: 2}]
            """);
        Write("cases/folder/three.yaml", """
            cases:
              - note: a name alone
                query: data.t.p = x
                modules: ["package t\np := 1"]
                want_result: [{x: 1}]
            """);
        Write("cases/v0/two.yaml", """
            cases:
              - note: a/older
                query: data.t.p = x
                modules: ["package t\np { true }"]
                want_result: [{x: true}]
            """);
        var folder = Path.Combine(_directory.Path, "cases");

        var run = Run("conformance", folder);
        using var json = JsonDocument.Parse(Run("conformance", folder, "-o", "json").Output);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("a         2      2       0", run.Output);
        Assert.Contains("folder    1      1       0", run.Output);
        Assert.Contains("failed: b/wrong: got [{\"x\": 1}], wanted [{\"x\": 2}]", run.Output);
        Assert.Equal(3, json.RootElement.GetProperty("categories").GetArrayLength());
        Assert.Equal(ExitCode.Success, Run("conformance", Path.Combine(folder, "v0")).ExitCode);
        Assert.Equal(ExitCode.BadInput, Run("conformance", Write("none.yaml", "a: 1")).ExitCode);
    }

    [Theory]
    [InlineData("v0")]
    [InlineData("v1")]
    public void Conformance_HoldsForThePublishedCases(string version) => Assert.Equal(
        ExitCode.Success, Run("conformance", Path.Combine(RepositoryPaths.Root, "tests", "corpus", "rego", "opa", version)).ExitCode);

    private static (int, string) Brief(CommandLine run) => (run.ExitCode, run.Output);

    private static CommandLine Run(params string[] arguments) => CommandLine.Run(["rego", .. arguments]);

    private (string Policy, string Data, string Input) Files(string input) =>
        (Write("policy.rego", Policy), Write("data.json", """{"least": 18}"""), Write("input.json", input));

    private string Write(string name, string text)
    {
        var path = Path.Combine(_directory.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
