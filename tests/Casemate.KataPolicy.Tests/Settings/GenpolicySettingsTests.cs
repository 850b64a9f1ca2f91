using System.Text;
using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;

namespace Casemate.KataPolicy.Tests.Settings;

/// <summary>Settings files of genpolicy, read onto a profile.</summary>
public sealed class GenpolicySettingsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("casemate-settings-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static SettingsReading Read(string json, params string[] patches) => GenpolicySettings.Read(
        Encoding.UTF8.GetBytes(json), "s.json", BuiltInProfiles.KataSnp,
        [.. patches.Select((patch, index) => ($"{index}.json", (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(patch)))]);

    private static RuntimeProfile Profile(string json, params string[] patches)
    {
        var read = Read(json, patches);
        Assert.Empty(read.Findings);
        return read.Profile!;
    }

    [Fact]
    public void LeaveWhatTheyDoNotSay() => Assert.Equal(BuiltInProfiles.KataSnp, Profile("{}"));

    [Fact]
    public void ChangePathsAndPatterns()
    {
        var profile = Profile("""{"common":{"cpath":"/c","root_path":"^$(cpath)/$(bundle-id)/rootfs$","svc_name":"[A-Z]+"}}""");

        Assert.Equal(
            ("/c", "$(cpath)/$(bundle-id)/rootfs", "[A-Z]+"),
            (profile.Common.Cpath, profile.Common.RootPath, profile.Common.ServiceNameDownwardEnv));
        Assert.Equal(BuiltInProfiles.KataSnp.Common.Spath, profile.Common.Spath);
    }

    [Fact]
    public void AcceptOneVersionAlone_WhenTheyNameOne() =>
        Assert.Equal(["1.2.1"], Profile("""{"kata_config":{"oci_version":"1.2.1"}}""").Common.OciVersions);

    [Theory]
    [InlineData("""{"cluster_config":{"guest_pull":true}}""", ImageForm.GuestPull)]
    [InlineData("""{"cluster_config":{"guest_pull":false}}""", null)]
    [InlineData("""{"common":{"image_layer_verification":"none"}}""", null)]
    [InlineData("""{"common":{"image_layer_verification":"host-tarfs-dm-verity"}}""", ImageForm.HostTarfsVerity)]
    [InlineData("""{"common":{"image_layer_verification":"host-ext4-dm-verity"}}""", ImageForm.HostExt4Verity)]
    public void SayHowImagesReachTheGuest(string json, ImageForm? form) => Assert.Equal(form, Profile(json).ImageForm);

    [Theory]
    [InlineData("""{"cluster_config":{"emptydir_type":"shared-fs"}}""", EmptyDirForm.SharedFs)]
    [InlineData("""{"cluster_config":{"emptydir_type":"block-plain"}}""", EmptyDirForm.BlockPlain)]
    [InlineData("""{"cluster_config":{"encrypted_emptydir":false}}""", EmptyDirForm.SharedFs)]
    [InlineData("""{"volumes":{"emptyDir":{"mount_type":"local","driver":"local"}}}""", EmptyDirForm.Local)]
    public void SayWhatAnEmptyDirIs(string json, EmptyDirForm form) => Assert.Equal(form, Profile(json).EmptyDirForm);

    [Fact]
    public void SayWhatTheHostMayAsk()
    {
        var requests = Profile("""
            {"request_defaults":{"ReadStreamRequest":true,"ExecProcessRequest":{"allowed_commands":[["ls","-l"]],"regex":["^a$"]},
             "CreateContainerRequest":{"allow_env_regex":["^$(svc_name_downward_env)_X=1$"]},"CopyFileRequest":["$(sfprefix)"],
             "UpdateInterfaceRequest":{"allow_raw_flags":1,"forbidden_names":["x"],"forbidden_hw_addrs":[]}}}
            """).RequestDefaults;

        Assert.True(requests.ReadStream);
        Assert.False(requests.WriteStream);
        Assert.Equal([["ls", "-l"]], requests.ExecProcess.AllowedCommands);
        Assert.Equal(["^$(svc_name)_X=1$"], requests.CreateContainer.AllowEnvRegex);
        Assert.Equal((1u, "x"), (requests.UpdateInterface.AllowRawFlags, Assert.Single(requests.UpdateInterface.ForbiddenNames)));
    }

    [Fact]
    public void NameAndPlaceKeysThatNobodyKnows()
    {
        var read = Read("{\n  \"common\": {\n    \"cpaht\": \"/c\"\n  }\n}");

        var finding = Assert.Single(read.Findings);
        Assert.NotNull(read.Profile);
        Assert.Equal(
            (FindingSeverity.Warning, "common.cpaht", "s.json:3:5"), (finding.Severity, finding.Path, finding.Location!.ToString()));
        Assert.Contains("'cpath'", finding.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"common":{"cpath":1}}""", "common.cpath")]
    [InlineData("""{"sandbox":{"storages":[{"driver":7}]}}""", "sandbox.storages[0].driver")]
    [InlineData("""{"cluster_config":{"emptydir_type":"floppy"}}""", "cluster_config.emptydir_type")]
    [InlineData("""{"common":{"image_layer_verification":"host-erofs-dm-verity"}}""", "common.image_layer_verification")]
    [InlineData("""{"request_defaults":{"ExecProcessRequest":{"commands":["ls"]}}}""", "request_defaults.ExecProcessRequest.commands")]
    [InlineData("""{"other_container":{"Mounts":[{"destination":"x"}]}}""", "other_container.Mounts[0].destination")]
    public void AreRefused_WhereAValueIsWrong(string json, string path)
    {
        var read = Read(json);

        Assert.Null(read.Profile);
        Assert.Equal(path, Assert.Single(read.Findings).Path);
        Assert.Equal(1, read.Findings[0].Location!.Line);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"common\":{},\"common\":{}}")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    public void AreRefused_WhenTheyAreNotAnObject(string json) => Assert.Null(Read(json).Profile);

    [Fact]
    public void TakePatchesInTheirOrder() =>
        Assert.Equal(
            "/2",
            Profile(
                """{"common":{"cpath":"/0"}}""", """[{"op":"replace","path":"/common/cpath","value":"/1"}]""",
                """[{"op":"test","path":"/common/cpath","value":"/1"},{"op":"add","path":"/common/cpath","value":"/2"}]""").Common.Cpath);

    [Theory]
    [InlineData("""[{"op":"replace","path":"/none/x","value":1}]""")]
    [InlineData("""{"op":"add"}""")]
    [InlineData("[")]
    public void RefuseAPatchThatCannotBeApplied(string patch) =>
        Assert.Equal("0.json", Assert.Single(Read("{}", patch).Findings).Location!.File);

    // Each copy doubles what the settings stand for, and costs no memory before they are written.
    [Fact]
    public void RefuseCopiesThatWouldFillTheMemory()
    {
        var copies = string.Join(
            ',', Enumerable.Range(0, 40).Select(i => $$"""{"op":"copy","from":"/x","path":"/x/a{{i}}"}"""));

        var read = Read("""{"x":{"y":"0123456789"}}""", $"[{copies}]");

        Assert.Null(read.Profile);
        Assert.Contains("more than 1 MiB", Assert.Single(read.Findings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefuseMoreOperationsThanAreApplied()
    {
        var operations = string.Join(
            ',', Enumerable.Repeat("""{"op":"replace","path":"/common/cpath","value":"/a"}""", GenpolicySettings.MaxOperations / 2));

        Assert.NotNull(Read("""{"common":{"cpath":"/c"}}""", $"[{operations}]", $"[{operations}]").Profile);
        var refused = Read("""{"common":{"cpath":"/c"}}""", $"[{operations}]", $"[{operations}]", """[{"op":"test","path":"","value":1}]""");
        Assert.Null(refused.Profile);
        Assert.Contains("1001 operations", Assert.Single(refused.Findings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TellOfThousandsOfUnknownMembers_InABoundedList_WithEveryError()
    {
        var unknown = string.Join(',', Enumerable.Range(0, 60_000).Select(i => $"\"u{i}\":1"));
        var read = Read($$$"""{"{{{new string('k', 100_000)}}}":{ {{{unknown}}} },{{{unknown}}},"common":{"cpath":1}}""");

        Assert.Null(read.Profile);
        Assert.Equal(201, read.Findings.Length);
        Assert.Equal("common.cpath", Assert.Single(read.Findings, finding => finding.Severity is FindingSeverity.Error).Path);
        Assert.Contains("59802 more findings", read.Findings[^1].Message, StringComparison.Ordinal);
        Assert.Equal("s.json", read.Findings[0].Location!.File);
        Assert.True(read.Findings[0].Location!.Column > 100_000);
    }

    [Fact]
    public void AreReadFromADirectory_WithItsPatchesByName()
    {
        var patches = Directory.CreateDirectory(Path.Combine(_directory, GenpolicySettings.PatchDirectoryName)).FullName;
        File.WriteAllText(Path.Combine(_directory, GenpolicySettings.FileName), """{"common":{"cpath":"/0"}}""");
        File.WriteAllText(Path.Combine(patches, "20-b.json"), """[{"op":"replace","path":"/common/cpath","value":"/b"}]""");
        File.WriteAllText(Path.Combine(patches, "10-a.json"), """[{"op":"replace","path":"/common/cpath","value":"/a"}]""");
        File.WriteAllText(Path.Combine(patches, "notes.txt"), "not a patch");

        Assert.Equal("/b", GenpolicySettings.Load(_directory, BuiltInProfiles.KataSnp).Profile!.Common.Cpath);
    }

    [Fact]
    public void SayThatAFileIsNotThere()
    {
        Assert.Equal(
            "the settings cannot be read: no such file",
            Assert.Single(GenpolicySettings.Load(Path.Combine(_directory, "none"), BuiltInProfiles.KataSnp).Findings).Message);
        Assert.Equal(
            $"the settings cannot be read: the directory has no {GenpolicySettings.FileName}",
            Assert.Single(GenpolicySettings.Load(_directory, BuiltInProfiles.KataSnp).Findings).Message);
    }

    [Theory]
    [InlineData("{", 1, 2)]
    [InlineData("{\n  \"common\": {\n    x\n", 3, 5)]
    public void AreSaidToBeMalformed_WhereTheSentenceSaysIt(string text, int line, int column)
    {
        var finding = Assert.Single(Read(text).Findings);
        Assert.Equal((line, column), (finding.Location!.Line, finding.Location.Column));
        Assert.Contains($"(line {line}, byte {column})", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"request_defaults":{"CreateContainerRequest":{"allow_env_regex":["^A=.*$","["]}}}""", "request_defaults.CreateContainerRequest.allow_env_regex[1]", 76)]
    [InlineData("""{"request_defaults":{"ExecProcessRequest":{"regex":["("]}}}""", "request_defaults.ExecProcessRequest.regex[0]", 53)]
    [InlineData("""{"request_defaults":{"ExecProcessRequest":{"regex":["a)(b"]}}}""", "request_defaults.ExecProcessRequest.regex[0]", 53)]
    [InlineData("""{"request_defaults":{"UpdateRoutesRequest":{"forbidden_source_regex":["*"]}}}""", "request_defaults.UpdateRoutesRequest.forbidden_source_regex[0]", 71)]
    [InlineData("""{"request_defaults":{"CopyFileRequest":["^$(sfprefix"]}}""", "request_defaults.CopyFileRequest[0]", 41)]
    [InlineData("""{"common":{"ipv4_a":"[0-9"}}""", "common.ipv4_a", 12)]
    public void AreRefused_WhereAPatternIsNoRegularExpression(string text, string path, int column)
    {
        var read = Read(text);
        var finding = Assert.Single(read.Findings);
        Assert.Null(read.Profile);
        Assert.Equal((FindingSeverity.Error, path), (finding.Severity, finding.Path));
        Assert.Contains("the regular expression '", finding.Message, StringComparison.Ordinal);
        Assert.Equal((1, column), (finding.Location!.Line, finding.Location.Column));
    }

    [Fact]
    public void MayHavePlaceholders_WithinPatterns() => Assert.Empty(Read(
        """{"request_defaults":{"CreateContainerRequest":{"allow_env_regex":["^$(svc_name)_PORT=$(ip_p)$"]},"CopyFileRequest":["$(sfprefix)"]}}""").Findings);

    [Theory]
    [InlineData("kata-snp")]
    [InlineData("KATA-TDX")]
    [InlineData("aks")]
    [InlineData("kata")]
    public void AreNotNeeded_ForProfilesThatAreBuiltIn(string name)
    {
        Assert.True(BuiltInProfiles.TryFind(name, out var profile));
        Assert.NotEmpty(profile.Sources);
    }
}
