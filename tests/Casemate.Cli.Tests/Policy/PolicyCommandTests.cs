using System.Text;
using System.Text.Json;

namespace Casemate.Cli.Tests.Policy;

/// <summary><c>casemate policy generate|hash|decode</c>: what is written, and what is said instead.</summary>
public sealed class PolicyCommandTests : PolicyScene
{
    [Fact]
    public void PrintsTheYaml_WithNothingButTheAnnotationAdded()
    {
        var run = Generate();

        Assert.Equal(ExitCode.Success, run.ExitCode);
        var text = Encoding.UTF8.GetString(run.Bytes);
        var lines = text.Split('\n').Where(line => !line.Contains("cc_init_data", StringComparison.Ordinal) && line != "  annotations:");
        Assert.Equal(Yaml, string.Join('\n', lines));
        Assert.Equal(Yaml, File.ReadAllText(In("app.yaml")));
    }

    [Fact]
    public void RewritesInPlace_AndSaysWhatEvidenceWillCarry()
    {
        var run = Generate("--in-place", "--lock-digests");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        var hash = CommandLine.Run("policy", "hash", In("app.yaml"), "-o", "json");
        using var document = JsonDocument.Parse(hash.Output);
        var fields = document.RootElement.GetProperty("policies")[0].GetProperty("fields");
        Assert.Contains(fields.GetProperty("snp").GetProperty("value").GetString()!, run.Output, StringComparison.Ordinal);
        Assert.Contains("image: registry.example/app@sha256:", File.ReadAllText(In("app.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public void Decodes_WhatItWrote()
    {
        File.WriteAllBytes(In("out.yaml"), Generate().Bytes);

        var policy = CommandLine.Run("policy", "decode", In("out.yaml"), "--part", "policy.rego");

        Assert.Equal(Generate("--raw").Output, Encoding.UTF8.GetString(policy.Bytes));
        Assert.Contains("package agent_policy", CommandLine.Run("policy", "decode", In("out.yaml")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Tells_EverythingAsJson()
    {
        using var document = JsonDocument.Parse(Generate("-o", "json").Output);

        var workload = document.RootElement.GetProperty("workloads")[0];
        Assert.Equal("^web$", workload.GetProperty("podNames").GetString());
        Assert.StartsWith("registry.example/app@sha256:", workload.GetProperty("images")[0].GetProperty("bound").GetString(), StringComparison.Ordinal);
        Assert.Equal("registry.example/app:1", workload.GetProperty("images")[0].GetProperty("image").GetString());
    }

    [Fact]
    public void Names_FileLineAndPath_AndWritesNothing()
    {
        File.WriteAllText(In("app.yaml"), Yaml + "    imge: typo\n");

        var run = Generate("--in-place");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains($"{In("app.yaml")}:10:5: error: field 'imge'", run.Error, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'image'?", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("cc_init_data", File.ReadAllText(In("app.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_TheFlagsOfAzConfcom()
    {
        var run = CommandLine.RunWithoutNetwork(
            "confcom", "katapolicygen", "--yaml", In("app.yaml"), "-u", "--print-policy", "--image", $"registry.example/app:1=oci:{In("image")}:app",
            "--image", $"mcr.microsoft.com/oss/kubernetes/pause:3.6=oci:{In("image")}:app");

        Assert.Equal("", run.Error.Replace("layer", "", StringComparison.Ordinal).Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal)) ?? "");
        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains($"io.katacontainers.config.agent.policy: \"{run.Output.Trim()}\"", File.ReadAllText(In("app.yaml")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--in-place")]
    [InlineData("-o", "json")]
    public void OwnRulesThatTheAgentRefuses_AreNamedByPlace_AndNothingIsWritten(params string[] more)
    {
        File.WriteAllText(In("rules.rego"), "package agent_policy\n\nCreateContainerRequest {\n  input.OCI ==\n}\n");

        // There is no such image: rules that cannot be read are found before it is looked for.
        var run = CommandLine.RunWithoutNetwork(
            ["policy", "generate", "-f", In("app.yaml"), "--no-cache", "--image", "registry.example/app:1=oci:nowhere:app", "-p", In("rules.rego"), .. more]);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains($"{In("rules.rego")}:5:1: error: the agent would refuse these rules: ", run.Error, StringComparison.Ordinal);
        Assert.Equal(Yaml, File.ReadAllText(In("app.yaml")));
        if (more[0] == "--in-place")
        {
            Assert.Equal("", run.Output);
            return;
        }

        using var document = JsonDocument.Parse(run.Output);
        Assert.Equal(0, document.RootElement.GetProperty("files").GetArrayLength());
        var finding = Assert.Single(document.RootElement.GetProperty("findings").EnumerateArray());
        Assert.Equal((In("rules.rego"), 5), (finding.GetProperty("file").GetString(), finding.GetProperty("line").GetInt32()));
    }

    [Fact]
    public void OwnRules_StandBeforeTheData()
    {
        File.WriteAllText(In("rules.rego"), "package agent_policy\n\ndefault CreateContainerRequest := false\n");

        var run = Generate("-p", In("rules.rego"));

        Assert.Equal(ExitCode.Success, run.ExitCode);
        File.WriteAllBytes(In("out.yaml"), run.Bytes);
        Assert.StartsWith(
            "package agent_policy\n\ndefault CreateContainerRequest := false\n",
            Encoding.UTF8.GetString(CommandLine.Run("policy", "decode", In("out.yaml"), "--part", "policy.rego").Bytes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "--profile", "kata")]
    [InlineData("{\"request_defaults\": {\"ReadStreamRequest\": true}}")]
    [InlineData("{\"request_defaults\": {\"WriteStreamRequest\": true}}")]
    public void WhatIsGeneratedByTheHandbook_Holds(string settings, params string[] more)
    {
        File.WriteAllText(In("settings.json"), settings);
        var made = Generate(["-j", In("settings.json"), .. more]);
        Assert.True(made.ExitCode == ExitCode.Success, made.Error);
        File.WriteAllBytes(In("out.yaml"), made.Bytes);

        var run = CommandLine.Run("policy", "check", In("out.yaml"), "--attack");

        Assert.True(run.ExitCode == ExitCode.Success, run.Output + run.Error);
        Assert.Contains("well-formed, and it holds", run.Lines);
    }

    [Theory]
    [InlineData("hash")]
    [InlineData("bind", "--accept-any-guest-image")]
    public void TextAlone_IsSaidToBeWhatAksReports(string command, params string[] more)
    {
        File.WriteAllText(In("policy.rego"), Generate("--raw").Output);
        File.WriteAllBytes(In("out.yaml"), Generate().Bytes);
        File.WriteAllBytes(In("aks.yaml"), Generate("--format", "aks", "--profile", "kata-snp").Bytes);

        var alone = CommandLine.Run(["policy", command, In("policy.rego"), .. more]);

        Assert.Equal(
            (ExitCode.Success, $"{In("policy.rego")}: the text alone: HOST_DATA as AKS has it; a Kata guest reports the digest of the initdata: "
                + "give the annotated YAML\n"),
            (alone.ExitCode, alone.Error));
        Assert.Equal("", CommandLine.Run(["policy", command, In("out.yaml"), .. more]).Error);
        Assert.Equal("", CommandLine.Run(["policy", command, In("aks.yaml"), .. more]).Error);
    }

    [Fact]
    public void WarnsOf_ARuntimeClassThatEnforcesNothing()
    {
        File.WriteAllText(In("app.yaml"), Yaml.Replace("  runtimeClassName: kata-qemu-snp\n", "", StringComparison.Ordinal));
        var missing = Generate();
        Assert.Equal(ExitCode.Success, missing.ExitCode);
        Assert.Contains($"{In("app.yaml")}:5:1: warning: the pod names no runtimeClassName", missing.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Refused, Generate("--strict").ExitCode);

        File.WriteAllText(In("app.yaml"), Yaml.Replace("kata-qemu-snp", "kata-qemu-tdx", StringComparison.Ordinal));
        Assert.Contains("is for the profile 'kata-tdx'", Generate().Error, StringComparison.Ordinal);
        Assert.DoesNotContain("runtime class", Generate("--profile", "kata-tdx").Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("    imge: typo\n", ExitCode.BadInput, "error", "field 'imge'")]
    [InlineData("    env: [{name: A, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['x']\"}}}]\n", ExitCode.Refused, "warning", "any value of the variable A", "--strict")]
    public void Tells_WhyNothingWasMade_AsADocumentToo(string line, int code, string severity, string message, params string[] more)
    {
        File.WriteAllText(In("app.yaml"), Yaml + line);

        var run = Generate(["-o", "json", .. more]);

        Assert.Equal(code, run.ExitCode);
        using var document = JsonDocument.Parse(run.Output);
        Assert.Equal(0, document.RootElement.GetProperty("workloads").GetArrayLength());
        Assert.Equal(0, document.RootElement.GetProperty("files").GetArrayLength());
        Assert.Contains(document.RootElement.GetProperty("error").GetString()!, run.Error, StringComparison.Ordinal);
        var finding = document.RootElement.GetProperty("findings").EnumerateArray().First(one => one.GetProperty("severity").GetString() == severity);
        Assert.Contains(message, finding.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(10, finding.GetProperty("line").GetInt32());
    }

    [Fact]
    public void Tells_WhyThereIsNothingToDo_AsADocumentToo()
    {
        var run = Generate("-o", "json", "--runtime-class-names", "other");
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        using var document = JsonDocument.Parse(run.Output);
        Assert.Equal("there is no workload to make a policy for", document.RootElement.GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("generate", "-f", "--raw")]
    [InlineData("katapolicygen", "--yaml", "--outraw")]
    public void TheTextOfSeveralPolicies_IsRefused_UnlessOneIsChosen(string command, string file, string raw)
    {
        File.WriteAllText(In("app.yaml"), $"{Yaml}---\n{Yaml.Replace("name: web", "name: db", StringComparison.Ordinal)}");
        string[] words =
        [
            command == "generate" ? "policy" : "confcom", command, file, In("app.yaml"), raw, "--image", $"registry.example/app:1=oci:{In("image")}:app",
            "--image", $"mcr.microsoft.com/oss/kubernetes/pause:3.6=oci:{In("image")}:app",
        ];

        var both = CommandLine.RunWithoutNetwork(words);
        Assert.Equal((ExitCode.Usage, ""), (both.ExitCode, both.Output));
        Assert.Contains($"{raw} prints one policy, and there are 2 workloads: Pod/web, Pod/db", both.Error, StringComparison.Ordinal);
        Assert.Contains("--workload Pod/web", both.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("io.katacontainers", File.ReadAllText(In("app.yaml")), StringComparison.Ordinal);

        var unknown = CommandLine.RunWithoutNetwork([.. words, "--workload", "cache"]);
        Assert.Equal(ExitCode.Usage, unknown.ExitCode);
        Assert.Contains("There are: Pod/web, Pod/db.", unknown.Error, StringComparison.Ordinal);

        var one = CommandLine.RunWithoutNetwork([.. words, "--workload", "db"]);
        Assert.True(one.ExitCode == ExitCode.Success, one.Error);
        Assert.Equal(2, one.Output.Split("package agent_policy").Length);
        Assert.Contains("^db$", one.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("^web$", one.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void AChoiceOfAWorkload_ThatNothingPrints_IsRefused()
    {
        var run = Generate("--workload", "web");

        Assert.Equal((ExitCode.Usage, 0), (run.ExitCode, run.Bytes.Length));
        Assert.Contains("--workload chooses whose policy is printed, and none is", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kata-snp", "snp HOST_DATA")]
    [InlineData("kata-tdx", "tdx MRCONFIGID")]
    [InlineData("kata", "snp HOST_DATA", "tdx MRCONFIGID", "cca RPV", "sgx CONFIGID", "se USER_DATA", "vtpm PCR8")]
    public void RewrittenInPlace_TellsWhatEvidenceOfTheProfileWillCarry(string profile, params string[] fields)
    {
        var run = Generate("--in-place", "--profile", profile);

        Assert.Equal(ExitCode.Success, run.ExitCode);
        var lines = CommandLine.Run("policy", "hash", In("app.yaml")).Output.Split('\n');
        Assert.Equal(
            lines.Where(line => fields.Any(field => line.StartsWith($"  {field} ", StringComparison.Ordinal))),
            run.Output.Split('\n').Where(line => line.StartsWith("  ", StringComparison.Ordinal)));
        Assert.Equal(fields.Length, run.Output.Split('\n').Count(line => line.StartsWith("  ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("--yaml: 'nofile' cannot be read: no such file", "confcom", "katapolicygen", "--yaml", "nofile")]
    [InlineData("--config-map-file: 'nofile' cannot be read", "confcom", "katapolicygen", "--yaml", "app.yaml", "-c", "nofile")]
    [InlineData("--rules-file-name: 'nofile' cannot be read", "confcom", "katapolicygen", "--yaml", "app.yaml", "-p", "nofile")]
    [InlineData("--settings-file-name: 'nofile' cannot be used", "confcom", "katapolicygen", "--yaml", "app.yaml", "-j", "nofile")]
    [InlineData("--yaml-file: 'nofile' cannot be read", "policy", "generate", "-y", "nofile")]
    [InlineData("--file: 'nofile' cannot be read", "policy", "generate", "-f", "nofile")]
    [InlineData("--config-file: 'nofile' cannot be read", "policy", "generate", "-f", "app.yaml", "-c", "nofile")]
    public void AFileThatCannotBeRead_IsNamedWithTheOptionThatWasWritten(string message, params string[] words)
    {
        var run = CommandLine.RunWithoutNetwork([.. words.Select(word => word == "app.yaml" ? In(word) : word)]);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--in-place: standard input cannot be written in place", "policy", "generate", "-f", "-", "--in-place")]
    [InlineData("--yaml-file: standard input cannot be written in place", "policy", "generate", "-y", "-")]
    [InlineData("--yaml: standard input cannot be written in place", "confcom", "katapolicygen", "--yaml", "-")]
    public void StandardInput_CannotBeWrittenInPlace(string message, params string[] words)
    {
        var run = CommandLine.RunWithoutNetwork(words);

        Assert.Equal((ExitCode.Usage, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void StandardInput_IsNamedAsSuch()
    {
        var initdata = "algorithm = \"sha256\"\nversion = \"0.1.0\"\n\n[data]\n\"aa.toml\" = \"x\"\n"u8.ToArray();

        var run = CommandLine.RunWithInput(initdata, "policy", "explain", "-");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("standard input carries initdata without a policy", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void RewritesInPlace_WhatALinkLeadsTo_AndLeavesTheLink()
    {
        _ = Directory.CreateDirectory(In("real"));
        File.Move(In("app.yaml"), In("real/app.yaml"));
        _ = File.CreateSymbolicLink(In("between.yaml"), "real/app.yaml");
        _ = File.CreateSymbolicLink(In("app.yaml"), "between.yaml");

        Assert.Equal(ExitCode.Success, Generate("--in-place").ExitCode);

        Assert.Equal("between.yaml", new FileInfo(In("app.yaml")).LinkTarget);
        Assert.Equal("real/app.yaml", new FileInfo(In("between.yaml")).LinkTarget);
        Assert.Contains("cc_init_data", File.ReadAllText(In("real/app.yaml")), StringComparison.Ordinal);
    }
}
