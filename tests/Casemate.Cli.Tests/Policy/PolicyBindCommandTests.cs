using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Collateral;
using Casemate.KataPolicy.Initdata;
using Casemate.Rego;
using Casemate.Simulator;

namespace Casemate.Cli.Tests.Policy;

/// <summary><c>casemate policy bind</c>, and what it wrote held against evidence.</summary>
public sealed class PolicyBindCommandTests : PolicyScene
{
    private static readonly SimulatedPlatform Platform = SimulatedPlatform.Create(CommandLine.Noon.AddDays(-1));
    private static readonly byte[] ReportData = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];

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
}
