using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Collateral;
using Casemate.KataPolicy.Initdata;
using Casemate.Oci;
using Casemate.Oci.Building;
using Casemate.Oci.Documents;
using Casemate.Oci.Layers;
using Casemate.Oci.Layout;
using Casemate.Rego;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Policy;

/// <summary><c>casemate policy generate|hash|decode|bind</c> from YAML and a local image to a verdict on evidence.</summary>
public sealed class PolicyCommandTests : IAsyncLifetime
{
    private const string Yaml =
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web # ours\nspec:\n  runtimeClassName: kata-qemu-snp\n  containers:\n  - name: app\n    image: registry.example/app:1\n";

    private static readonly SimulatedPlatform Platform = SimulatedPlatform.Create(CommandLine.Noon.AddDays(-1));
    private static readonly byte[] ReportData = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];

    private readonly TemporaryDirectory _directory = new();

    public async ValueTask InitializeAsync()
    {
        var builder = new ImageBuilder(OciLayout.OpenOrCreate(In("image")));
        _ = await builder.AddLayerAsync(
            [LayerFile.File("app", ContentSource.FromBytes("#!/bin/sh\n"u8.ToArray()))], "test", compress: true, TestContext.Current.CancellationToken);
        _ = await builder.CompleteAsync(
            new ImageConfig { Platform = Oci.Platform.LinuxAmd64, DiffIds = [], Config = new ContainerConfig { Entrypoint = ["/app"] } }, null, "app",
            TestContext.Current.CancellationToken);
        File.WriteAllText(In("app.yaml"), Yaml);
    }

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task LayersCompressedWithZstd_GiveTheSamePolicy_AndTheSameUser()
    {
        using var plain = new MemoryStream();
        await LayerBuilder.WriteAsync(
            [LayerFile.File("etc/passwd", ContentSource.FromBytes("app:x:1234:99::/:\n"u8.ToArray())), LayerFile.File("app", ContentSource.FromBytes(new byte[9000]))],
            plain, new LayerOptions { Compress = false }, TestContext.Current.CancellationToken);
        await WriteImageAsync("plain", plain.ToArray(), MediaTypes.Layer, plain.ToArray());
        await WriteImageAsync("zstd", plain.ToArray(), MediaTypes.LayerZstd, StoredZstandard.Of(plain.ToArray()));

        var plainRun = Run("plain");
        var zstdRun = Run("zstd");

        Assert.True(plainRun.ExitCode == ExitCode.Success, plainRun.Error);
        Assert.Contains("1234", plainRun.Output, StringComparison.Ordinal);
        Assert.Equal(WithoutDigests(plainRun.Output), WithoutDigests(zstdRun.Output));

        CommandLine Run(string image) => CommandLine.RunWithoutNetwork(
            "policy", "generate", "-f", In("app.yaml"), "--no-cache", "--profile", "aks", "--raw",
            "--image", $"registry.example/app:1=oci:{In(image)}:app", "--image", $"mcr.microsoft.com/oss/kubernetes/pause:3.6=oci:{In("image")}:app");

        // The manifests name the stored layers and so differ; roots and diff IDs are of the plain ones.
        static string WithoutDigests(string policy) => Regex.Replace(policy, "sha256:[0-9a-f]{64}", "sha256:");
    }

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
    [InlineData(false, false, ExitCode.Simulated)]
    [InlineData(true, false, ExitCode.Refused)]
    [InlineData(false, true, ExitCode.Refused)]
    public void Binds_ExactlyThisWorkload_InTheBrokersPolicy(bool otherHostData, bool otherMeasurement, int expected)
    {
        var measurement = Enumerable.Repeat((byte)0x5A, 48).ToArray();
        File.WriteAllBytes(In("out.yaml"), Generate().Bytes);
        File.WriteAllText(In("snp.json"), $"{{\"guests\":[{{\"vcpus\":1,\"measurement\":\"{Convert.ToHexString(measurement)}\"}}]}}");
        var bound = CommandLine.Run("policy", "bind", In("out.yaml"), "--measurements", In("snp.json"), "--tee", "snp");
        Assert.Equal((ExitCode.Success, ""), (bound.ExitCode, bound.Error));
        File.WriteAllText(In("appraisal.yaml"), bound.Output);

        Assert.Null(PolicyFile.TryRead("out.yaml", File.ReadAllBytes(In("out.yaml")), out var policies));
        var hostData = BoundField.Of(policies[0].Document!.Digest.AsSpan())[0].Value.ToArray();
        hostData[31] ^= otherHostData ? (byte)1 : (byte)0;
        measurement[0] ^= otherMeasurement ? (byte)1 : (byte)0;

        Assert.Equal(expected, Verify(new SimulatedGuest { Measurement = measurement, HostData = hostData }).ExitCode);
    }

    [Fact]
    public void Accepts_NoEvidence_WhileNoMeasurementIsNamed()
    {
        File.WriteAllBytes(In("out.yaml"), Generate().Bytes);
        var bound = CommandLine.Run("policy", "bind", In("out.yaml"));
        Assert.Contains("accepts nothing yet", bound.Error, StringComparison.Ordinal);
        File.WriteAllText(In("appraisal.yaml"), bound.Output);
        Assert.Null(PolicyFile.TryRead("out.yaml", File.ReadAllBytes(In("out.yaml")), out var policies));

        var hostData = BoundField.Of(policies[0].Document!.Digest.AsSpan())[0].Value.ToArray();

        Assert.Equal(ExitCode.Refused, Verify(new SimulatedGuest { Measurement = new byte[48], HostData = hostData }).ExitCode);
    }

    [Theory]
    [InlineData("snp.json", "no MRTD is given: evidence of tdx is never accepted. Give it with --measurements FILE (the output of 'casemate measure "
        + "tdx|igvm … -o json'), or bind without tdx: --tee snp.")]
    [InlineData("snp.json", "no MRTD is given: evidence of tdx is never accepted. Give it with --measurements FILE (the output of 'casemate measure "
        + "tdx|igvm … -o json').", "--tee", "tdx")]
    [InlineData("snp.json", "no MRTD is given: evidence of az-tdx-vtpm is never accepted. Give it with --measurements FILE (the output of 'casemate "
        + "measure tdx|igvm … -o json'), or bind without az-tdx-vtpm: --tee az-snp-vtpm.", "--tee", "az-snp-vtpm", "--tee", "az-tdx-vtpm")]
    [InlineData("tdx.json", "no launch measurement is given: evidence of snp is never accepted. Give it with --measurements FILE (the output of "
        + "'casemate measure snp|igvm … -o json'), or bind without snp: --tee tdx.")]
    [InlineData("snp.json", "", "--tee", "snp")]
    [InlineData("tdx.json", "", "--tee", "tdx")]
    [InlineData("snp.json", "", "--accept-any-guest-image")]
    public void Binding_NamesEachKindOfEvidence_ThatNothingCanPass(string measurements, string warning, params string[] more)
    {
        var digits = new string('5', 96);
        File.WriteAllText(In("snp.json"), $"{{\"guests\":[{{\"measurement\":\"{digits}\"}}]}}");
        File.WriteAllText(In("tdx.json"), $"{{\"mrtd\":[{{\"value\":\"{digits}\"}}]}}");
        File.WriteAllBytes(In("out.yaml"), Generate().Bytes);

        var run = CommandLine.Run(["policy", "bind", In("out.yaml"), "--measurements", In(measurements), .. more]);

        Assert.Equal((ExitCode.Success, warning.Length == 0 ? "" : $"warning: {warning}\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public void Binding_RefusesInitdataWithoutAPolicy()
    {
        File.WriteAllText(In("initdata.toml"), "algorithm = \"sha256\"\nversion = \"0.1.0\"\n\n[data]\n\"aa.toml\" = \"x\"\n");

        var run = CommandLine.Run("policy", "bind", In("initdata.toml"), "--accept-any-guest-image");

        Assert.Equal((ExitCode.BadInput, ""), (run.ExitCode, run.Output));
        Assert.Contains(
            "the initdata has no policy.rego: the policy baked into the guest image would apply", run.Error, StringComparison.Ordinal);
        Assert.Contains("casemate policy generate --initdata", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Binding_RefusesAPolicyThatTheAgentRefuses()
    {
        File.WriteAllText(In("broken.rego"), "package agent_policy\n\nCreateContainerRequest := {\n");

        var run = CommandLine.Run("policy", "bind", In("broken.rego"), "--accept-any-guest-image");

        Assert.Equal((ExitCode.BadInput, ""), (run.ExitCode, run.Output));
        Assert.Contains($"the agent would refuse the policy in '{In("broken.rego")}'", run.Error, StringComparison.Ordinal);
        Assert.Contains("policy.rego:4:1: ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bind", "--accept-any-guest-image")]
    [InlineData("hash")]
    [InlineData("explain")]
    [InlineData("check")]
    [InlineData("decode")]
    public void InitdataThatEndsEarly_IsSaidToBeMalformedInitdata(string command, params string[] more)
    {
        var text = InitdataDocument.Create("sha256", [new("policy.rego", SamplePods.Policy("web"))]).Text;
        File.WriteAllText(In("trunc.toml"), text[..(text.Length / 2)]);

        var run = CommandLine.Run(["policy", command, In("trunc.toml"), .. more]);

        Assert.Equal((ExitCode.BadInput, ""), (run.ExitCode, run.Output));
        Assert.Contains(
            $"{In("trunc.toml")}: the initdata is malformed: line 5: a string begins that is not closed before the document ends", run.Error,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(8)]
    public void AnAnnotationThatEndsEarly_IsRefusedByEveryCommand_WithItsPlace(int missing)
    {
        var whole = Encoding.UTF8.GetString(Generate().Bytes);
        var line = Array.FindIndex(whole.Split('\n'), text => text.Contains("cc_init_data", StringComparison.Ordinal));
        var lines = whole.Split('\n');
        var quote = lines[line].EndsWith('"') ? "\"" : "";
        lines[line] = lines[line].TrimEnd('"')[..^missing] + quote;
        File.WriteAllText(In("cut.yaml"), string.Join('\n', lines));
        File.WriteAllText(In("requests.jsonl"), "{\"kind\":\"ReadStreamRequest\",\"request\":{}}\n");

        foreach (var arguments in (string[][])
        [
            ["policy", "hash", In("cut.yaml")], ["policy", "decode", In("cut.yaml")], ["policy", "check", In("cut.yaml")],
            ["policy", "explain", In("cut.yaml")], ["policy", "requests", In("cut.yaml")], ["policy", "bind", In("cut.yaml"), "--accept-any-guest-image"],
            ["policy", "diff", In("cut.yaml"), In("cut.yaml")], ["policy", "test", In("cut.yaml"), In("requests.jsonl")],
            ["run", "--tee", "snp", "--initdata", In("cut.yaml"), "--", "/bin/sh"],
            ["policy", "generate", "-f", In("cut.yaml"), "--no-cache", "--image", $"registry.example/app:1=oci:{In("image")}:app"],
        ])
        {
            var run = CommandLine.RunWithoutNetwork(arguments);
            Assert.True(run.ExitCode == ExitCode.BadInput, $"{string.Join(' ', arguments)}: {run.ExitCode}: {run.Error}");
            Assert.Contains($"cut.yaml:{line + 1}:", run.Error, StringComparison.Ordinal);
            Assert.Contains("io.katacontainers.config.hypervisor.cc_init_data", run.Error, StringComparison.Ordinal);
            Assert.Contains(missing % 4 == 0 ? "the gzip ends too early" : "the base64 is cut off", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Binding_WarnsOfAPolicyThatDecidesOnNoRequest()
    {
        File.WriteAllText(In("empty.rego"), "package agent_policy\n\nx := 1\n");

        var run = CommandLine.Run("policy", "bind", In("empty.rego"), "--accept-any-guest-image");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("it has no rule for any request in the package agent_policy", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ADockerArchive_IsWarnedOf_AndAnotherPlatformRefused()
    {
        Assert.Equal(ExitCode.Success, CommandLine.Run("image", "copy", $"oci:{In("image")}:app", $"docker-archive:{In("app.tar")}:registry.example/app:1").ExitCode);

        var archive = CommandLine.RunWithoutNetwork(
            "policy", "generate", "-f", In("app.yaml"), "--no-cache", "--image", $"registry.example/app:1=docker-archive:{In("app.tar")}");
        Assert.Equal(ExitCode.Success, archive.ExitCode);
        Assert.Contains("app.yaml:9:5: warning: a docker-archive has no manifest", archive.Error, StringComparison.Ordinal);

        var other = CommandLine.RunWithoutNetwork(
            "policy", "generate", "-f", In("app.yaml"), "--no-cache", "--platform", "linux/arm64", "--image", $"registry.example/app:1=oci:{In("image")}:app");
        Assert.Equal((ExitCode.BadInput, ""), (other.ExitCode, Encoding.UTF8.GetString(other.Bytes)));
        Assert.Contains("has an image for linux/amd64, and the guest's platform is linux/arm64", other.Error, StringComparison.Ordinal);
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
    public void Warns_OfAPlaceForAnImage_ThatNoContainerHas()
    {
        string[] other = ["--image", $"registry.example/ap:1=oci:{In("image")}:app"];
        const string warning = "warning: --image 'registry.example/ap:1': no container has this image";

        var run = Generate(other);

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains(warning, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "no container has this image", Generate("--image", $"mcr.microsoft.com/oss/kubernetes/pause:3.6=oci:{In("image")}:app").Error,
            StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, Generate("--strict").ExitCode);
        var strict = Generate([.. other, "--strict"]);
        Assert.Equal((ExitCode.Refused, 0), (strict.ExitCode, strict.Bytes.Length));
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

    [Fact]
    public void Aks_NamesThePauseImage_AndHowToDoWithoutItsRegistry()
    {
        var run = Generate("--format", "aks", "-o", "json");

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        using var document = JsonDocument.Parse(run.Output);
        Assert.Contains("no policy was made", document.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains(
            document.RootElement.GetProperty("findings").EnumerateArray(),
            one => one.GetProperty("message").GetString()!.Contains("the pause image", StringComparison.Ordinal));
        Assert.Contains("the pause image 'mcr.microsoft.com/oss/kubernetes/pause:3.6', whose layers the profile 'aks' binds, cannot be read", run.Error,
            StringComparison.Ordinal);
        Assert.Contains("--image mcr.microsoft.com/oss/kubernetes/pause:3.6=oci:DIR:TAG", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AnImageThatCannotBeReached_IsNamedWithItsPlace_AndHowToDoWithoutItsRegistry()
    {
        string[] command = ["policy", "generate", "-f", In("app.yaml"), "--no-cache"];
        var run = CommandLine.RunWithoutNetwork(command);

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains($"{In("app.yaml")}:9:5: error: the image 'registry.example/app:1' of container 'app' cannot be read: ", run.Error,
            StringComparison.Ordinal);
        Assert.Contains("--image registry.example/app:1=oci:DIR:TAG", run.Error, StringComparison.Ordinal);

        var asJson = CommandLine.RunWithoutNetwork([.. command, "-o", "json"]);
        Assert.Equal(ExitCode.Unreachable, asJson.ExitCode);
        using var document = JsonDocument.Parse(asJson.Output);
        var finding = Assert.Single(document.RootElement.GetProperty("findings").EnumerateArray());
        Assert.Equal((9, 5, "error"), (finding.GetProperty("line").GetInt32(), finding.GetProperty("column").GetInt32(),
            finding.GetProperty("severity").GetString()));
        Assert.Equal("spec.containers[0].image", finding.GetProperty("path").GetString());
        Assert.Contains("of container 'app'", finding.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("--image registry.example/app:1=oci:DIR:TAG", finding.GetProperty("remedy").GetString(), StringComparison.Ordinal);
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

    [Fact]
    public void AnImageLockedBefore_IsFoundByTheTagThatItHad()
    {
        Assert.Equal(ExitCode.Success, Generate("--in-place", "--lock-digests").ExitCode);
        var once = File.ReadAllText(In("app.yaml"));

        var again = Generate("--in-place", "--lock-digests", "--strict");

        Assert.True(again.ExitCode == ExitCode.Success, again.Error);
        Assert.Equal("", again.Error);
        Assert.Equal(once, File.ReadAllText(In("app.yaml")));
    }

    [Fact]
    public void AnImageLockedBefore_IsRefused_WhereItsPlaceHoldsAnother()
    {
        var digest = $"sha256:{new string('7', 64)}";
        File.WriteAllText(
            In("app.yaml"), Yaml.Replace("app:1", $"app@{digest}", StringComparison.Ordinal)
                .Replace("spec:", "  annotations: {casemate.dev/image-tag.app: \"registry.example/app:1\"}\nspec:", StringComparison.Ordinal));

        var run = Generate();

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains($"the pod asks for {digest}", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("no container has this image", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutAWorkload_NothingIsSaidOfImages()
    {
        File.WriteAllText(In("app.yaml"), "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n");

        var run = Generate();

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("there is no workload to make a policy for", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("no container has this image", run.Error, StringComparison.Ordinal);
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

    [Theory]
    [InlineData("{\"snp\":{\"measurement\":\"M\",\"init_data\":\"H\",\"policy_debug_allowed\":false}}", true)]
    [InlineData("{\"snp\":{\"evidence\":{\"measurement\":\"M\",\"policy\":{\"debug_allowed\":false}}},\"init_data\":\"H\"}", true)]
    [InlineData("{\"snp\":{\"measurement\":\"M\",\"init_data\":\"00\",\"policy_debug_allowed\":false}}", false)]
    [InlineData("{\"snp\":{\"measurement\":\"M\",\"init_data\":\"00\",\"policy_debug_allowed\":false},\"init_data\":\"H\"}", false)]
    [InlineData("{\"snp\":{\"measurement\":\"00\",\"init_data\":\"H\",\"policy_debug_allowed\":false}}", false)]
    [InlineData("{\"snp\":{\"measurement\":\"M\",\"init_data\":\"H\",\"policy_debug_allowed\":true}}", false)]
    [InlineData("{\"snp\":{\"measurement\":\"M\",\"policy_debug_allowed\":false}}", false)]
    [InlineData("{\"tdx\":{\"quote\":{\"body\":{\"mr_td\":\"M\",\"mr_config_id\":\"C\"}},\"td_attributes\":{\"debug\":false},\"tcb_status\":\"UpToDate\"}}", true)]
    [InlineData("{\"tdx\":{\"quote\":{\"body\":{\"mr_td\":\"M\",\"mr_config_id\":\"C\"}},\"td_attributes\":{\"debug\":false},\"tcb_status\":\"OutOfDate\"}}", false)]
    [InlineData("{\"tdx\":{\"quote\":{\"body\":{\"mr_td\":\"M\",\"mr_config_id\":\"H\"}},\"td_attributes\":{\"debug\":false},\"tcb_status\":\"UpToDate\"}}", false)]
    [InlineData("{\"sample\":{\"init_data\":\"H\"}}", false)]
    [InlineData("{}", false)]
    public void Binds_ExactlyThisWorkload_InTrusteesPolicy(string claims, bool affirmed)
    {
        var digest = Enumerable.Repeat((byte)0xA7, 32).ToArray();
        var measurement = new string('5', 96);
        var rego = TrusteePolicy.Write("test", BoundField.Of(digest), ["snp", "tdx"], [measurement], acceptAnyGuestImage: false);
        var host = Convert.ToHexStringLower(digest);
        var input = claims.Replace("\"M\"", $"\"{measurement}\"", StringComparison.Ordinal).Replace("\"H\"", $"\"{host}\"", StringComparison.Ordinal)
            .Replace("\"C\"", $"\"{host}{new string('0', 32)}\"", StringComparison.Ordinal);

        Assert.Equal(affirmed, IsAffirming(rego, input));
    }

    private static bool IsAffirming(string rego, string input)
    {
        var compilation = RegoCompiler.Compile("policy.rego", rego);
        Assert.True(compilation.Succeeded, string.Join('\n', compilation.Errors));
        var result = compilation.Policy!.Prepare("data.policy.trust_claims").EvaluateJson(Encoding.UTF8.GetBytes(input));
        Assert.True(result.IsDefined, result.Error?.ToString());
        using var claims = JsonDocument.Parse(result.Value!.ToJson());
        return new[] { "executables", "hardware", "configuration" }.All(name => claims.RootElement.GetProperty(name).GetInt32() is >= 2 and < 32);
    }

    private CommandLine Verify(SimulatedGuest guest)
    {
        var machine = Platform.Snp(SnpProduct.Genoa);
        var bundle = new EvidenceBundle
        {
            Tee = Tee.Snp,
            Evidence = machine.Report(guest, ReportData, 3),
            Made = CommandLine.Noon,
            SnpEndorsements = machine.Endorsements(CommandLine.Noon),
        };
        File.WriteAllBytes(In("bundle.json"), bundle.Write());
        File.WriteAllBytes(In("root.der"), machine.ArkDer);
        return CommandLine.Run(
            "verify", In("bundle.json"), "--report-data", Convert.ToHexString(ReportData), "--policy", In("appraisal.yaml"), "--root", In("root.der"));
    }

    private async Task WriteImageAsync(string folder, byte[] plain, string mediaType, byte[] stored)
    {
        var cancel = TestContext.Current.CancellationToken;
        var config = new ImageConfig
        {
            Platform = Oci.Platform.LinuxAmd64,
            DiffIds = [Digest.Of(plain)],
            Config = new ContainerConfig { Entrypoint = ["/app"], User = "app" },
        }.Write();
        var manifest = new ImageManifest
        {
            Config = Descriptor.Of(MediaTypes.Config, config),
            Layers = [Descriptor.Of(mediaType, stored)],
        }.Write();
        var layout = OciLayout.OpenOrCreate(In(folder));
        foreach (var (type, content) in new[] { (mediaType, stored), (MediaTypes.Config, config), (MediaTypes.Manifest, manifest) })
        {
            await layout.WriteAsync(Descriptor.Of(type, content), new MemoryStream(content), cancel);
        }

        await layout.TagAsync(Descriptor.Of(MediaTypes.Manifest, manifest), "app", cancel);
    }

    private CommandLine Generate(params string[] more) => CommandLine.RunWithoutNetwork(
        ["policy", "generate", "-f", In("app.yaml"), "--no-cache", "--image", $"registry.example/app:1=oci:{In("image")}:app", .. more]);

    private string In(string name) => _directory.File(name);
}
