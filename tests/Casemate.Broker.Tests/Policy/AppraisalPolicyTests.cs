using System.Collections.Immutable;
using System.Diagnostics;
using System.Reflection;
using System.Text;
using Casemate.Attestation;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Testing;

namespace Casemate.Broker.Tests.Policy;

public class AppraisalPolicyTests
{
    private static readonly string Hex48 = string.Concat(Enumerable.Repeat("0A", 48));
    private static readonly string Hex32 = string.Concat(Enumerable.Repeat("0b", 32));

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("version: 1")]
    [InlineData("{}")]
    public void Denies_ByDefault(string yaml)
    {
        var policy = AppraisalPolicy.Parse(yaml);
        Assert.Equal(AppraisalPolicy.Default.ToYaml(), policy.ToYaml());
        Assert.False(policy.Evidence.AcceptAnyIdentity);
        Assert.False(policy.Evidence.AcceptUnboundEvidence);
        Assert.Equal([TcbStatus.UpToDate], policy.Evidence.AcceptedTcbStatuses);
        Assert.DoesNotContain("sample", policy.AcceptedTees);
    }

    [Fact]
    public void Reads_AFileThatBeginsWithAByteOrderMark() =>
        Assert.Equal("marked", AppraisalPolicy.Parse("\uFEFFversion: 1\nname: marked\n").Name);

    [Fact]
    public void Reads_EveryKindOfValue()
    {
        var policy = AppraisalPolicy.Parse(
            $$"""
            name: payments-1.0
            tees: [snp]
            resources: ['default/*/*', a/b/c]
            acceptedTcbStatuses: [UpToDate, SWHardeningNeeded]
            collateralGrace: 36h
            platformGrace: 7d
            tcbDateFloor: 2023-08-09
            minimumTcbEvaluationDataNumber: 17
            allowedAdvisories: []
            snp:
              measurements:
                - {{Hex48}}
              minimumReportedTcb: { bootLoader: 3, tee: 0, snp: 8, microcode: 115 }
              minimumAbi: '1.51'
              vmpls: [0, 1]
              requiredGuestPolicyBits: 0x100000
              products: [Genoa]
              cspIds: ['CN=cc-eu-west-1.amazonaws.com']
            sgx:
              mrSigners: [{{Hex32}}]
              isvProdId: 7
              attributes: { value: 04000000000000000000000000000000, mask: 06000000000000000000000000000000 }
              platform: { smtEnabled: false, deniedFmspcs: [00606a000000] }
            tdx:
              rtmr2: [{{Hex48}}]
            """);
        Assert.Equal("payments-1.0", policy.Name);
        Assert.Equal(["snp"], policy.AcceptedTees);
        Assert.True(policy.Allows(ResourcePath.Parse("default/key/1")));
        Assert.True(policy.Allows(ResourcePath.Parse("a/b/c")));
        Assert.False(policy.Allows(ResourcePath.Parse("a/b/d")));
        Assert.Equal([TcbStatus.UpToDate, TcbStatus.SWHardeningNeeded], policy.Evidence.AcceptedTcbStatuses);
        Assert.Equal(TimeSpan.FromHours(36), policy.Evidence.CollateralGrace);
        Assert.Equal(TimeSpan.FromDays(7), policy.Evidence.PlatformGrace);
        Assert.Equal(new DateTimeOffset(2023, 8, 9, 0, 0, 0, TimeSpan.Zero), policy.Evidence.TcbDateFloor);
        Assert.Equal(17, policy.Evidence.MinimumTcbEvaluationDataNumber);
        Assert.Empty(policy.Evidence.AllowedAdvisories!.Value);
        Assert.Equal(Convert.FromHexString(Hex48), Assert.Single(policy.Evidence.Snp.Measurements));
        Assert.Equal(new SnpTcb(null, 3, 0, 8, 115), policy.Evidence.Snp.MinimumReportedTcb);
        Assert.Equal(((byte)1, (byte)51), policy.Evidence.Snp.MinimumAbi);
        Assert.Equal([0u, 1u], policy.Evidence.Snp.Vmpls);
        Assert.Equal(1ul << 20, policy.Evidence.Snp.RequiredGuestPolicyBits);
        Assert.Equal([SnpProduct.Genoa], policy.Evidence.Snp.Products);
        Assert.Equal(["CN=cc-eu-west-1.amazonaws.com"], policy.Evidence.Snp.CspIds);
        Assert.Equal((ushort)7, policy.Evidence.Sgx.IsvProdId);
        Assert.Equal(6, policy.Evidence.Sgx.Attributes!.Mask[0]);
        Assert.False(policy.Evidence.Sgx.Platform.SmtEnabled);
        Assert.Equal([], policy.Evidence.Tdx.Rtmrs[0]);
        Assert.Single(policy.Evidence.Tdx.Rtmrs[2]);
    }

    [Theory]
    [InlineData("nam: x", 1, 1, "unknown key 'nam'; did you mean 'name'?")]
    [InlineData("snp:\n  measurments: []", 2, 3, "snp: unknown key 'measurments'; did you mean 'measurements'?")]
    [InlineData("sgx:\n  platform:\n    smtenabled: true", 3, 5, "sgx.platform: unknown key 'smtenabled'; did you mean 'smtEnabled'?")]
    [InlineData("tdx: { zzzzzz: 1 }", 1, 8, "keys here are mrTds, rtmr0")]
    [InlineData("version: 2", 1, 10, "version: expected version 1, found '2'")]
    [InlineData("tees: [snp, sample]", 1, 13, "only the broker's own setting AcceptSampleEvidence")]
    [InlineData("tees: [cca]", 1, 8, "evidence of 'cca' is not verified by this version")]
    [InlineData("tees: [foo]", 1, 8, "expected snp, tdx, sgx, az-snp-vtpm or az-tdx-vtpm, found 'foo'")]
    [InlineData("tees: snp", 1, 7, "tees: expected a list, found 'snp'")]
    [InlineData("acceptedTcbStatuses: [Revoked]", 1, 23, "Revoked can never be accepted")]
    [InlineData("acceptedTcbStatuses: [UptoDate]", 1, 23, "did you mean 'UpToDate'?")]
    [InlineData("snp:\n  measurements: [00ff]", 2, 18,
        "snp.measurements[0]: expected 48 bytes, that is 96 hexadecimal digits, found 4 digits")]
    [InlineData("snp:\n  measurements: ['0x00']", 2, 18, "without prefix or spaces")]
    [InlineData("snp:\n  measurements: [ [] ]", 2, 19, "expected 48 bytes in hexadecimal, found a list")]
    [InlineData("snp:\n  acceptDebugGuests: yes", 2, 22, "expected true or false, found 'yes'")]
    [InlineData("snp:\n  acceptDebugGuests: 'true'", 2, 22, "expected true or false, found 'true'")]
    [InlineData("snp:\n  minimumAbi: 1.50", 2, 15, "in quotes")]
    [InlineData("snp:\n  vmpls: [-1]", 2, 11, "expected a whole number from 0 to 4294967295")]
    [InlineData("snp:\n  minimumReportedTcb: { boot: 1 }", 2, 25, "unknown key 'boot'")]
    [InlineData("snp:", 1, 5, "snp: expected keys with values, found nothing")]
    [InlineData("sgx:\n  isvProdId: 65536", 2, 14, "expected a whole number from 0 to 65535")]
    [InlineData("sgx:\n  attributes: { value: 00000000000000000000000000000000 }", 2, 15, "value and mask are both needed")]
    [InlineData("sgx:\n  miscSelect: { value: 01000000, mask: 00000000 }", 2, 15, "mask does not compare")]
    [InlineData("snp:\n  bulletins: [AMD-SB-1]", 2, 15, "for another bulletin write its TCB as minimumReportedTcb")]
    [InlineData("snp:\n  minimumCurrentFirmware: 1.55", 2, 27, "expected MAJOR.MINOR.BUILD")]
    [InlineData("vtpm:\n  pcrs: { 24: [] }", 2, 11, "expected a whole number from 0 to 23, found '24'")]
    [InlineData("vtpm:\n  pcrs: { 8: [] }", 2, 14, "an empty list would refuse every value")]
    [InlineData("vtpm:\n  pcrs: { 8: [00], 0x8: [00] }", 2, 15, "expected 32 bytes, that is 64 hexadecimal digits")]
    [InlineData("tdx:\n  eventLog: { rtmrs: [4] }", 2, 23, "expected a whole number from 0 to 3")]
    [InlineData("tdx:\n  eventLog: { events: [ { rtmr: 1 } ] }", 2, 25, "rtmr and at least one digest are both needed")]
    [InlineData("tdx:\n  eventLog: yes", 2, 13, "expected keys with values, found 'yes'")]
    [InlineData("collateralGrace: 1w", 1, 18, "expected 0 or a number with s, m, h or d")]
    [InlineData("collateralGrace: 9999d", 1, 18, "up to 3650d")]
    [InlineData("tcbDateFloor: 2023-13-01", 1, 15, "expected an instant in UTC")]
    [InlineData("name: 'a b'", 1, 7, "1 to 64 letters")]
    [InlineData("resources: [default/key]", 1, 13, "expected REPOSITORY/TYPE/TAG")]
    [InlineData("resources: ['../../x']", 1, 13, "expected REPOSITORY/TYPE/TAG")]
    [InlineData("name: a\nname: b", 2, 1, "key 'name' appears twice")]
    [InlineData("name: &a x", 1, 7, "anchors (&name) are not accepted")]
    [InlineData("name: *a", 1, 7, "aliases (*name) are not accepted")]
    [InlineData("name: !!str x", 1, 7, "tags (!name) are not accepted")]
    [InlineData("? [a]\n: b", 1, 3, "a key is a plain word")]
    [InlineData("name: a\n---\nname: b", 2, 1, "a second document starts here")]
    [InlineData("name: [", 2, 1, "not YAML")]
    [InlineData("- a", 1, 1, "expected keys with values, found a list")]
    [InlineData("just text", 1, 1, "expected keys with values, found 'just text'")]
    [InlineData("name: a\nrules:\0\nname: b", 2, 7, "a NUL character")]
    public void Refuses_SayingWhereAndWhatToWrite(string yaml, int line, int column, string expected)
    {
        var e = Assert.Throws<AppraisalPolicyException>(() => AppraisalPolicy.Parse(yaml));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Equal((line, column), (e.Line, e.Column));
        Assert.StartsWith($"line {line}, column {column}: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_LargeAndDeepFiles_AtOnce()
    {
        var watch = Stopwatch.StartNew();
        Assert.Contains(
            "at most 64 KiB", Assert.Throws<AppraisalPolicyException>(() => AppraisalPolicy.Parse(new string('#', 65 * 1024))).Message,
            StringComparison.Ordinal);
        foreach (var c in "[{")
        {
            var e = Assert.Throws<AppraisalPolicyException>(() => AppraisalPolicy.Parse("name: " + new string(c, 60_000)));
            Assert.Contains(c == '[' ? "nested deeper" : "a key is a plain word", e.Message, StringComparison.Ordinal);
        }

        Assert.Throws<AppraisalPolicyException>(
            () => AppraisalPolicy.Parse("tees: [" + string.Concat(Enumerable.Repeat("snp,", 4097)) + "]"));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"took {watch.Elapsed}");
    }

    [Fact]
    public void RoundTrips_EveryKey()
    {
        foreach (var key in AppraisalPolicy.Keys.Where(k => k.Path is not "version"))
        {
            var yaml = Nest(key.Path.Split('.'), Example(key));
            var policy = AppraisalPolicy.Parse(yaml);
            Assert.True(policy.ToYaml() != AppraisalPolicy.Default.ToYaml(), $"{key.Path} changed nothing: {yaml}");
            Assert.Equal(policy.ToYaml(), AppraisalPolicy.Parse(policy.ToYaml()).ToYaml());
            Assert.Equal(policy.Hash(), AppraisalPolicy.Parse("# another layout\n\n" + policy.ToYaml()).Hash());
            Assert.NotEqual(AppraisalPolicy.Default.Hash(), policy.Hash());
        }
    }

    [Fact]
    public void RoundTrips_AllKeysTogether()
    {
        var yaml = new StringBuilder();
        var groups = AppraisalPolicy.Keys.Where(k => k.Path is not "version")
            .GroupBy(k => k.Path.Contains('.') ? k.Path[..k.Path.IndexOf('.')] : "");
        foreach (var group in groups)
        {
            if (group.Key.Length == 0)
            {
                foreach (var key in group)
                {
                    yaml.Append(key.Path).Append(": ").Append(Example(key)).Append('\n');
                }

                continue;
            }

            yaml.Append(group.Key).Append(":\n");
            foreach (var key in group.Where(k => k.Path.Count(c => c == '.') == 1))
            {
                yaml.Append("  ").Append(key.Path[(group.Key.Length + 1)..]).Append(": ").Append(Example(key)).Append('\n');
            }

            foreach (var inner in group.Where(k => k.Path.Count(c => c == '.') == 2).GroupBy(k => k.Path.Split('.')[1]))
            {
                yaml.Append("  ").Append(inner.Key).Append(":\n");
                foreach (var key in inner)
                {
                    yaml.Append("    ").Append(key.Path[(key.Path.LastIndexOf('.') + 1)..]).Append(": ").Append(Example(key)).Append('\n');
                }
            }
        }

        var written = AppraisalPolicy.Parse(yaml.ToString()).ToYaml();
        Assert.Equal(written, AppraisalPolicy.Parse(written).ToYaml());
        Assert.True(written.Split('\n').Length > 90, written);
    }

    // The one test that looks at the policy types by reflection: a property without a key could not be set from a file.
    [Fact]
    public void Reaches_EveryMemberOfTheEvidencePolicy()
    {
        var paths = AppraisalPolicy.Keys.Select(k => k.Path).ToHashSet();
        foreach (var (type, prefix) in ((Type, string)[])
            [
                (typeof(EvidencePolicy), ""), (typeof(SgxPolicy), "sgx."), (typeof(TdxPolicy), "tdx."), (typeof(SnpPolicy), "snp."),
                (typeof(PlatformPolicy), "sgx.platform."), (typeof(PlatformPolicy), "tdx.platform."), (typeof(VtpmPolicy), "vtpm."),
                (typeof(EventLogPolicy), "tdx.eventLog."),
            ])
        {
            foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            {
                var name = char.ToLowerInvariant(property.Name[0]) + property.Name[1..];
                var expected = property.Name switch
                {
                    nameof(TdxPolicy.Rtmrs) => "tdx.rtmr3",
                    nameof(EvidencePolicy.Sgx) or nameof(EvidencePolicy.Tdx) or nameof(EvidencePolicy.Snp) or nameof(EvidencePolicy.Vtpm)
                        or nameof(SgxPolicy.Platform) or nameof(TdxPolicy.EventLog) => null,
                    _ => prefix + name,
                };
                Assert.True(expected is null || paths.Contains(expected), $"{type.Name}.{property.Name} has no key '{expected}'");
            }
        }
    }

    [Fact]
    public void EventLog_IsWantedByItsSectionAlone()
    {
        Assert.Null(AppraisalPolicy.Parse("tdx: { eventLog: null }").Evidence.Tdx.EventLog);
        var policy = AppraisalPolicy.Parse("tdx: { eventLog: {} }");
        Assert.Equal([0, 1, 2], policy.Evidence.Tdx.EventLog!.Rtmrs);
        Assert.Equal("version: 1\ntdx:\n  eventLog: {}\n", policy.ToYaml());
        Assert.NotEqual(AppraisalPolicy.Default.Hash(), policy.Hash());
        Assert.Equal(policy.Hash(), AppraisalPolicy.Parse(policy.ToYaml()).Hash());
    }

    [Fact]
    public void Reads_RulesForVtpmsAndEventLogs()
    {
        var policy = AppraisalPolicy.Parse(
            $$"""
            tees: [az-snp-vtpm, az-tdx-vtpm]
            vtpm:
              pcrs:
                8: [{{Hex32}}]
                0xB: [{{Hex32}}, {{Hex32}}]
              requireUserData: true
            tdx:
              eventLog:
                events:
                  - rtmr: 1
                    digests: [{{Hex48}}]
                rejectContradictedData: true
            """).Evidence;
        Assert.Equal([8, 11], policy.Vtpm.Pcrs.Keys);
        Assert.Equal(Convert.FromHexString(Hex32), policy.Vtpm.Pcrs[11][1]);
        Assert.True(policy.Vtpm.RequireUserData);
        var rule = Assert.Single(policy.Tdx.EventLog!.Events);
        Assert.Equal((1, Hex48), (rule.Rtmr, Convert.ToHexString(Assert.Single(rule.Digests))));
        Assert.True(policy.Tdx.EventLog.RejectContradictedData);
    }

    [Fact]
    public void Handbook_SaysOfEveryKeyWhatTheProgramDoes()
    {
        var lines = File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "docs", "appraisal-policy.md"));
        var documented = lines.Where(l => l.StartsWith("| `", StringComparison.Ordinal)).ToList();
        var expected = AppraisalPolicy.Keys.Select(
            k => $"| `{k.Path}` | {k.Type} | {(k.Default.Length == 0 ? "" : $"`{k.Default}`")} | {k.Meaning} |").ToList();
        Assert.Equal(expected, documented);
    }

    [Fact]
    public void Handbook_ExampleIsAPolicy()
    {
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "appraisal-policy.md"));
        var start = text.IndexOf("```yaml\n", StringComparison.Ordinal) + 8;
        var policy = AppraisalPolicy.Parse(text[start..text.IndexOf("```", start, StringComparison.Ordinal)]);
        Assert.Equal("payments", policy.Name);
        Assert.Equal(24, policy.Evidence.Snp.MinimumReportedTcb!.Value.Snp);
    }

    [Theory]
    [InlineData("azure.md")]
    [InlineData("event-log.md")]
    public void Examples_OfOtherPagesArePoliciesToo(string page)
    {
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", page));
        var start = text.IndexOf("```yaml\n", StringComparison.Ordinal) + 8;
        var evidence = AppraisalPolicy.Parse(text[start..text.IndexOf("```", start, StringComparison.Ordinal)]).Evidence;
        Assert.True(evidence.Vtpm.Pcrs.ContainsKey(11) || evidence.Tdx.EventLog is { Events.Length: 1 });
    }

    [Fact]
    public void Loads_Files_AndRefusesOtherEncodings()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("p.yaml"), "name: from-file");
        Assert.Equal("from-file", AppraisalPolicy.Load(directory.File("p.yaml")).Name);
        File.WriteAllBytes(directory.File("p.yaml"), [.. "name: "u8, 0xFF, 0xFE]);
        Assert.Contains(
            "not UTF-8", Assert.Throws<AppraisalPolicyException>(() => AppraisalPolicy.Load(directory.File("p.yaml"))).Message,
            StringComparison.Ordinal);
        File.WriteAllBytes(directory.File("p.yaml"), new byte[AppraisalPolicy.MaxFileSize + 1]);
        Assert.Contains(
            "at most 64 KiB", Assert.Throws<AppraisalPolicyException>(() => AppraisalPolicy.Load(directory.File("p.yaml"))).Message,
            StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => AppraisalPolicy.Load(directory.File("absent.yaml")));
    }

    [Fact]
    public void Never_ThrowsAnythingElseOnHostileInput()
    {
        var yaml = $"snp:\n  measurements: [{Hex48}]\n  minimumReportedTcb: {{ snp: 8 }}\nsgx:\n  platform: {{ smtEnabled: true }}\n";
        var seed = AppraisalPolicy.Parse(yaml).ToYaml() + "resources: ['a/*/b']\n";
        const string alphabet = "[]{}:,-&*!|>'\"%@#?\n\t 0aé\u0000\u2028";
        var random = new Random(6);
        for (var i = 0; i < 10_000; i++)
        {
            var text = seed.ToCharArray();
            for (var changes = random.Next(1, 8); changes > 0; changes--)
            {
                text[random.Next(text.Length)] = alphabet[random.Next(alphabet.Length)];
            }

            try
            {
                var policy = AppraisalPolicy.Parse(new string(text, 0, random.Next(text.Length + 1)));
                Assert.Equal(policy.ToYaml(), AppraisalPolicy.Parse(policy.ToYaml()).ToYaml());
            }
            catch (AppraisalPolicyException e)
            {
                Assert.True(e.Line >= 1 && e.Column >= 1);
            }
        }
    }

    private static string Nest(string[] path, string value)
    {
        var yaml = new StringBuilder();
        for (var i = 0; i < path.Length; i++)
        {
            yaml.Append(' ', 2 * i).Append(path[i]).Append(':').Append(i == path.Length - 1 ? $" {value}\n" : "\n");
        }

        return yaml.ToString();
    }

    private static string Example(AppraisalPolicyKey key)
    {
        if (key.Path is "vtpm.pcrs" or "tdx.eventLog.events")
        {
            var (pcr, digest) = (string.Concat(Enumerable.Repeat("a5", 32)), string.Concat(Enumerable.Repeat("5a", 48)));
            return key.Path is "vtpm.pcrs" ? $"{{ 11: [{pcr}], 8: [{pcr}, {pcr}] }}" : $"[{{ rtmr: 2, digests: [{digest}, {digest}] }}]";
        }

        if (key.Type.Contains("bytes in hex", StringComparison.Ordinal))
        {
            var size = int.Parse(
                new string([.. key.Type.SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(char.IsAsciiDigit)]),
                System.Globalization.CultureInfo.InvariantCulture);
            var hex = string.Concat(Enumerable.Repeat("1e", size));
            return key.Type.StartsWith("list", StringComparison.Ordinal) ? $"[{hex}, {hex.Replace('1', '2')}]"
                : key.Type.StartsWith('{') ? $"{{ value: {hex}, mask: {string.Concat(Enumerable.Repeat("ff", size))} }}"
                : hex;
        }

        return key.Path switch
        {
            "name" => "null",
            "tees" => "[tdx]",
            "resources" => "['*/key/*', a/b.c/d]",
            "acceptedTcbStatuses" => "[OutOfDate]",
            "tcbDateFloor" => "2024-01-02T03:04:05Z",
            "deniedAdvisories" or "allowedAdvisories" or "snp.cspIds" => "['it''s: #1', INTEL-SA-1]",
            "snp.products" => "[Turin]",
            "snp.vmpls" => "[4294967295]",
            "snp.minimumAbi" => "'1.50'",
            "snp.bulletins" => "[AMD-SB-3019]",
            "snp.minimumCurrentFirmware" or "snp.minimumCommittedFirmware" => "1.55.24",
            "tdx.eventLog.rtmrs" => "[0, 3]",
            "sgx.platform.sgxTypes" or "tdx.platform.sgxTypes" => "[Scalable]",
            "collateralGrace" => "90s",
            "platformGrace" => "48h",
            _ when key.Type.StartsWith("{ fmc", StringComparison.Ordinal) => "{ fmc: 1, bootLoader: 2, tee: 3, snp: 4, microcode: 255 }",
            _ when key.Type.StartsWith("true", StringComparison.Ordinal) => "true",
            _ when key.Type.StartsWith("64-bit", StringComparison.Ordinal) => "0x8000000000000001",
            _ when key.Type.StartsWith("0 to", StringComparison.Ordinal) => "3",
            _ => throw new InvalidOperationException($"no example for {key.Path}, {key.Type}"),
        };
    }
}
