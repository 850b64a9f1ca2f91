using System.Text;
using System.Text.Json;
using Casemate.KataPolicy;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Policy;

/// <summary><c>casemate policy explain|diff|test|check</c> on a policy that was made from data.</summary>
public sealed class PolicyReviewCommandTests : IDisposable
{
    private static readonly PolicyData s_data = SamplePods.Data("web");
    private readonly TemporaryDirectory _directory = new();

    public PolicyReviewCommandTests()
    {
        Write("policy.rego", AgentPolicyText.Write(s_data));
        Write("requests.jsonl", string.Join('\n', HonestRequests.Of(s_data).Select(one => SamplePods.Line(one, true))) + "\n");
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("policy.rego", "-")]
    [InlineData("-", "policy.rego")]
    public void Compares_WithStandardInput(string before, string after)
    {
        string Named(string file) => file == "-" ? file : In(file);
        var input = Encoding.UTF8.GetBytes(AgentPolicyText.Write(s_data));

        var run = CommandLine.RunWithInput(input, "policy", "diff", Named(before), Named(after), "--workload", "Pod/web");

        Assert.Equal((ExitCode.Success, "both allow the same\n", ""), (run.ExitCode, run.Output, run.Error));
    }

    [Theory]
    [InlineData("diff", "-", "-")]
    [InlineData("test", "-", "-")]
    [InlineData("explain", "-", "-")]
    [InlineData("hash", "-", "-")]
    [InlineData("bind", "-", "--measurements", "-")]
    [InlineData("generate", "-f", "-", "-c", "-")]
    public void StandardInput_CanBeNamedOnce(string command, params string[] arguments)
    {
        var run = CommandLine.RunWithInput(Encoding.UTF8.GetBytes(AgentPolicyText.Write(s_data)), ["policy", command, .. arguments]);

        Assert.Equal((ExitCode.Usage, ""), (run.ExitCode, run.Output));
        Assert.Contains("standard input can be named once", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Explains_EachContainerInWords()
    {
        var run = CommandLine.Run("policy", "explain", In("policy.rego"));
        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("web (container)", run.Lines);
        Assert.Contains(run.Lines, line => line.Contains("/web --serve", StringComparison.Ordinal));
        Assert.Contains(run.Lines, line => line.Contains("ANY", StringComparison.Ordinal));
    }

    [Fact]
    public void Explains_ADenial_WithTheLineOfThePolicy()
    {
        var create = HonestRequests.Of(s_data).Last(one => one.Kind == "CreateContainerRequest");
        Write("wrong.json", SamplePods.Line(create, null).Replace("--serve", "--open", StringComparison.Ordinal));
        Write("before.jsonl", string.Join('\n', HonestRequests.Of(s_data).TakeWhile(one => one != create
            && !one.Input.Equals(create.Input)).Select(one => SamplePods.Line(one, null))));

        var run = CommandLine.Run("policy", "explain", In("policy.rego"), In("wrong.json"), "--after", In("before.jsonl"), "-o", "json");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal("arguments", json.RootElement.GetProperty("check").GetString());
        Assert.Equal("OCI.Process.Args", json.RootElement.GetProperty("field").GetString());
        Assert.Equal("web", json.RootElement.GetProperty("container").GetString());
        var line = File.ReadAllLines(In("policy.rego"))[json.RootElement.GetProperty("policyLine").GetInt32() - 1];
        Assert.Contains("--serve", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Explains_ADenialOfAContainerThatIsNotKnown_WithTheLineOfThoseThatAre()
    {
        var requests = HonestRequests.Of(s_data);
        var create = requests.Last(one => one.Kind == "CreateContainerRequest");
        Write("wrong.json", SamplePods.Line(create, null).Replace("\"io.kubernetes.cri.container-name\":\"web\"",
            "\"io.kubernetes.cri.container-name\":\"injected\"", StringComparison.Ordinal));
        Write("before.jsonl", string.Join('\n', requests.TakeWhile(one => one != create).Select(one => SamplePods.Line(one, null))));

        var run = CommandLine.Run("policy", "explain", In("policy.rego"), In("wrong.json"), "--after", In("before.jsonl"), "-o", "json");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal("container", json.RootElement.GetProperty("check").GetString());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("container").ValueKind);
        Assert.StartsWith("the check 'container' failed at OCI.Annotations", json.RootElement.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Contains("\"containers\":", LineOf(json), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ReadStream", "default ReadStreamRequest := false", "the policy denies ReadStreamRequest by default, and no rule of it allows it")]
    [InlineData("UpdateInterface", "UpdateInterfaceRequest := true if {", "no rule that could allow it held")]
    public void Explains_ADenialThatConcernsNoContainer_WithTheLineOfItsRule(string kind, string line, string reason)
    {
        Write("one.json", "{}");

        var run = CommandLine.Run("policy", "explain", In("policy.rego"), In("one.json"), "--kind", kind, "-o", "json");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal(line, LineOf(json));
        Assert.Equal(reason, json.RootElement.GetProperty("reason").GetString());
        var text = CommandLine.Run("policy", "explain", In("policy.rego"), In("one.json"), "--kind", kind).Output;
        Assert.Contains($"  reason    {reason}\n", text, StringComparison.Ordinal);
        Assert.Contains("  policy    line ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Explains_OneRequest_AndSaysWhatToDoWithSeveral()
    {
        var run = CommandLine.Run("policy", "explain", In("policy.rego"), In("requests.jsonl"));
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains($"requests.jsonl holds {HonestRequests.Of(s_data).Count} requests, and one is explained", run.Error, StringComparison.Ordinal);
        Assert.Contains("--after FILE", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CreateSandbox", ExitCode.Success, "")]
    [InlineData("CreateSandbx", ExitCode.BadInput, "'CreateSandbx' is no request of the agent; did you mean CreateSandboxRequest?")]
    public void Takes_ShortNamesOfRequests_AndNamesTheOneThatWasMeant(string kind, int expected, string error)
    {
        Write("alone.json", HonestRequests.Of(s_data)[0].Input.ToJson());
        Write("line.jsonl", $"{{\"kind\":\"{kind}\",\"request\":{HonestRequests.Of(s_data)[0].Input.ToJson()},\"allowed\":true}}");

        foreach (var run in new[]
        {
            CommandLine.Run("policy", "explain", In("policy.rego"), In("alone.json"), "--kind", kind),
            CommandLine.Run("policy", "explain", In("policy.rego"), In("line.jsonl")),
            CommandLine.Run("policy", "test", In("policy.rego"), In("line.jsonl")),
        })
        {
            Assert.Equal(expected, run.ExitCode);
            Assert.Contains(error, run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Tests_AnAgentsOwnLog_PassOverItsAnswers()
    {
        // With debug output the agent writes each request, and behind it the decision where that is more than yes or no.
        var log = HonestRequests.Of(s_data).SelectMany(one => new[]
        {
            SamplePods.Line(one, null), $"{{\"kind\":\"{one.Kind}\",\"request\":{{\"allowed\":true,\"ops\":[]}}}}",
        }).ToList();
        Write("policy.jsonl", string.Join('\n', log));

        var run = CommandLine.Run("policy", "test", In("policy.rego"), In("policy.jsonl"));

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.DoesNotContain("denied", run.Output, StringComparison.Ordinal);
        Assert.Equal(
            $"{log.Count / 2} requests, {log.Count / 2} without an expectation; {log.Count / 2} answers of the agent's log passed over\n", run.Error);
    }

    [Fact]
    public void Tests_SayWhatTheLogOfAnOlderAgentIs()
    {
        Write("policy.txt", "[\"ep\":\"CreateSandboxRequest\",{}],\n\n");
        var run = CommandLine.Run("policy", "test", In("policy.rego"), In("policy.txt"));
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("the log of an older agent", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Hashes_APolicyThatTheAgentWouldRefuse_WithAWarning()
    {
        Write("broken.rego", "package agent_policy\n\nCreateContainerRequest := {\n");

        var run = CommandLine.Run("policy", "hash", In("broken.rego"));

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("policy sha256", run.Output, StringComparison.Ordinal);
        Assert.Contains($"warning: {In("broken.rego")}: the agent would refuse this policy, so no container starts under it: policy.rego:", run.Error,
            StringComparison.Ordinal);
        Assert.DoesNotContain("would refuse", CommandLine.Run("policy", "hash", In("policy.rego")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAttack_TellsEachThingOnce()
    {
        Write("open.rego", File.ReadAllText(In("policy.rego")).Replace(
            "default SetPolicyRequest := false", "default SetPolicyRequest := true", StringComparison.Ordinal));

        var run = CommandLine.Run("policy", "check", In("open.rego"), "--attack");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        var findings = run.Lines.Where(line => line.StartsWith("finding", StringComparison.Ordinal)).ToList();
        Assert.Equal(["finding   ask for SetPolicyRequest: SetPolicyRequest: {}"], findings);
    }

    [Fact]
    public void Explains_ARequestThatIsAllowed()
    {
        Write("one.json", HonestRequests.Of(s_data)[0].Input.ToJson());
        var run = CommandLine.Run("policy", "explain", In("policy.rego"), In("one.json"), "--kind", "CreateSandboxRequest");
        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.StartsWith("allowed", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Tests_ARecording_WithTheAgentsState() =>
        Assert.Equal(ExitCode.Success, CommandLine.Run("policy", "test", In("policy.rego"), In("requests.jsonl")).ExitCode);

    [Fact]
    public void Tests_SayWhichLineIsNotAsExpected()
    {
        var lines = File.ReadAllLines(In("requests.jsonl"));
        Write("reordered.jsonl", string.Join('\n', lines.Where(line => !line.Contains("\"sandbox\"", StringComparison.Ordinal))));
        var run = CommandLine.Run("policy", "test", In("policy.rego"), In("reordered.jsonl"));
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("should be allowed", run.Output, StringComparison.Ordinal);
        Assert.Contains("denied by order", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Tests_CountApart_WhatHasNoExpectation()
    {
        var lines = HonestRequests.Of(s_data).Select(one => SamplePods.Line(one, null)).ToList();
        Write("silent.jsonl", string.Join('\n', lines));
        Write("mixed.jsonl", string.Join('\n', lines.Skip(1).Prepend(SamplePods.Line(HonestRequests.Of(s_data)[0], true))));

        var silent = CommandLine.Run("policy", "test", In("policy.rego"), In("silent.jsonl"));
        Assert.Equal((ExitCode.Success, $"{lines.Count} requests, {lines.Count} without an expectation\n"), (silent.ExitCode, silent.Error));
        Assert.Contains("line 1: no expectation", silent.Lines);

        var mixed = CommandLine.Run("policy", "test", In("policy.rego"), In("mixed.jsonl"));
        Assert.Equal(
            (ExitCode.Success, $"{lines.Count} requests, 0 not as expected, {lines.Count - 1} without an expectation\n"),
            (mixed.ExitCode, mixed.Error));

        var document = CommandLine.Run("policy", "test", In("policy.rego"), In("mixed.jsonl"), "-o", "json");
        Assert.Equal(1, document.Output.Split("\"asExpected\": true").Length + document.Output.Split("\"asExpected\":true").Length - 2);
        Assert.Equal(
            lines.Count - 1, document.Output.Split("\"asExpected\": null").Length + document.Output.Split("\"asExpected\":null").Length - 2);
    }

    [Theory]
    [InlineData("{\"request\":{}}", "the member 'kind' is missing")]
    [InlineData("{\"kind\":\"CreateContainerRequest\"}", "the member 'request' is missing")]
    [InlineData("{\"kind\":\"CreateContainerRequest\",\"request\":{},\"allowed\":1}", "the member 'allowed' must be true or false")]
    [InlineData("{\"kind\":\"CreateContainerRequest\",\"request\":{},\"alowed\":true}", "the member 'alowed' is not known")]
    [InlineData("[]", "the whole must be an object, and is an array")]
    public void Tests_NameTheMemberThatIsWrong(string line, string message)
    {
        Write("bad.jsonl", line);
        var run = CommandLine.Run("policy", "test", In("policy.rego"), In("bad.jsonl"));
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains($"bad.jsonl:1: {message}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Tests_NameALineThatIsNoRequest()
    {
        Write("bad.jsonl", "\n{\"kind\":\"CreateContainerRequest\",\"request\":{\"containr_id\":\"x\"}}\n");
        var run = CommandLine.Run("policy", "test", In("policy.rego"), In("bad.jsonl"));
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("bad.jsonl:2: CreateContainerRequest.containr_id is not a field", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Compares_WhatPoliciesAllow()
    {
        var web = s_data.Containers[1];
        Write("other.rego", AgentPolicyText.Write(s_data with
        {
            Containers = [s_data.Containers[0], web with { Oci = web.Oci with { Process = web.Oci.Process with { Cwd = "/tmp" } } }],
        }));
        var run = CommandLine.Run("policy", "diff", In("policy.rego"), In("other.rego"));
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("  + would now allow the working directory /tmp instead of /", run.Lines);
        Assert.Equal(ExitCode.Success, CommandLine.Run("policy", "diff", In("policy.rego"), In("policy.rego")).ExitCode);
    }

    [Fact]
    public void Compares_NotWhatEditedRulesAllow()
    {
        WriteOpen();
        var run = CommandLine.Run("policy", "diff", In("policy.rego"), In("open.rego"));
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains($"the rules of {In("open.rego")} are not Casemate's own (or of another version): what they allow is not compared; "
            + $"run `casemate policy check --attack {In("open.rego")}`", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("both allow the same", run.Output, StringComparison.Ordinal);

        run = CommandLine.Run("policy", "diff", In("open.rego"), In("policy.rego"), "-o", "json");
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        using var json = JsonDocument.Parse(run.Output);
        var rules = json.RootElement.GetProperty("rules");
        Assert.Equal("other", rules.GetProperty("before").GetString());
        Assert.Equal("casemate", rules.GetProperty("after").GetString());
        Assert.False(rules.GetProperty("compared").GetBoolean());

        run = CommandLine.Run("policy", "diff", In("open.rego"), In("open.rego"));
        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("the same, but not Casemate's own", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Explains_EditedRules_WithAWarningFirst()
    {
        WriteOpen();
        var run = CommandLine.Run("policy", "explain", In("open.rego"));
        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.StartsWith("warning: the rules of this policy are not Casemate's own", run.Output, StringComparison.Ordinal);
        Assert.Contains("describes its data only", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", CommandLine.Run("policy", "explain", In("policy.rego")).Output, StringComparison.Ordinal);
        foreach (var (file, rules) in new[] { ("open.rego", "other"), ("policy.rego", "casemate") })
        {
            using var json = JsonDocument.Parse(CommandLine.Run("policy", "explain", In(file), "-o", "json").Output);
            Assert.Equal(rules, json.RootElement.GetProperty("rules").GetString());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("json")]
    public void Explains_NoPolicyThatTheAgentRefuses(string format)
    {
        Write("broken.rego", File.ReadAllText(In("policy.rego")).Replace(
            "package agent_policy\n", "package agent_policy\n\nbroken {\n  input.x ==\n}\n", StringComparison.Ordinal));

        var run = CommandLine.Run(["policy", "explain", In("broken.rego"), .. format.Length == 0 ? Array.Empty<string>() : ["-o", format]]);

        Assert.Equal((ExitCode.BadInput, ""), (run.ExitCode, run.Output));
        Assert.Contains($"the agent would refuse the policy in '{In("broken.rego")}'", run.Error, StringComparison.Ordinal);
        Assert.Contains("policy.rego:", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Explains_WhichVariablesAHostMayAdd()
    {
        var run = CommandLine.Run("policy", "explain", In("policy.rego"));

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains(
            "may add variables that a container's env does not name, <…> being any: any address and port as <NAME>_PORT, <NAME>_PORT_…, "
                + "<NAME>_SERVICE_HOST, <NAME>_SERVICE_PORT[_<NAME>]; HOSTNAME=<name> may not",
            string.Join(' ', run.Output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public void Checks_AndAttacks()
    {
        var run = CommandLine.Run("policy", "check", In("policy.rego"), "--attack");
        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("well-formed, and it holds", run.Lines);
        Assert.Contains(run.Lines, line => line.Contains("the image of container 'web' is not bound", StringComparison.Ordinal));
    }

    [Fact]
    public void AnAttack_FindsWhatAnEditOpened()
    {
        Write("open.rego", File.ReadAllText(In("policy.rego")).Replace("  ok_args\n", "", StringComparison.Ordinal));
        var run = CommandLine.Run("policy", "check", In("open.rego"), "--attack", "-o", "json");
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Contains(
            json.RootElement.GetProperty("attack").GetProperty("findings").EnumerateArray(),
            finding => finding.GetProperty("path").GetString() == "OCI.Process.Args[0]");
    }

    [Fact]
    public void RefusesWhatIsNoPolicy()
    {
        Write("none.txt", "nothing");
        Assert.Equal(ExitCode.BadInput, CommandLine.Run("policy", "check", In("none.txt")).ExitCode);
        Assert.Equal(ExitCode.BadInput, CommandLine.Run("policy", "explain", In("missing.rego")).ExitCode);
    }

    private string LineOf(JsonDocument explained) =>
        File.ReadAllLines(In("policy.rego"))[explained.RootElement.GetProperty("policyLine").GetInt32() - 1];

    private void WriteOpen() => Write("open.rego", File.ReadAllText(In("policy.rego")).Replace(
        "default ExecProcessRequest := false", "default ExecProcessRequest := true", StringComparison.Ordinal));

    private string In(string name) => Path.Combine(_directory.Path, name);

    private void Write(string name, string text) => File.WriteAllText(In(name), text, new UTF8Encoding(false));
}
