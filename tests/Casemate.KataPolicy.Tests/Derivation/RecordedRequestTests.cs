using System.Text;
using System.Text.Json;
using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Manifests;
using Casemate.KataPolicy.Settings;
using Casemate.Testing;

namespace Casemate.KataPolicy.Tests.Derivation;

/// <summary>What is derived for a pod is what a runtime really asked for it: tests/corpus/kata/genpolicy.</summary>
public sealed class RecordedRequestTests
{
    private static readonly string s_directory = Path.Combine(
        RepositoryPaths.Root, "tests", "corpus", "kata", "genpolicy", "image-guest-pull-pinned");

    private static readonly ContainerPolicy s_policy = Derive();

    private static readonly JsonElement s_request = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(s_directory, "testcases.json")))
        .RootElement.GetProperty("bases").GetProperty("workload").GetProperty("request");

    private static JsonElement Oci => s_request.GetProperty("OCI");

    private static JsonElement Process => Oci.GetProperty("Process");

    private static ContainerPolicy Derive()
    {
        var yaml = Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(s_directory, "pod.yaml")));
        return Given.Data(yaml, new ImageStart { Env = [Given.Path], Cmd = ["sh"] }, BuiltInProfiles.KataSnp).Containers[1];
    }

    private static string[] Texts(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetString()!)];

    [Fact]
    public void TheProcess_IsTheRecordedOne()
    {
        Assert.Equal(Texts(Process.GetProperty("Args")), s_policy.Oci.Process.Args);
        Assert.Equal(Process.GetProperty("Cwd").GetString(), s_policy.Oci.Process.Cwd);
        Assert.Equal(Process.GetProperty("NoNewPrivileges").GetBoolean(), s_policy.Oci.Process.NoNewPrivileges);
        Assert.Equal([.. Texts(Process.GetProperty("Env")), "HOSTNAME=$(host-name)"], s_policy.Oci.Process.Env);
    }

    [Fact]
    public void TheUser_IsTheRecordedOne()
    {
        var user = Process.GetProperty("User");

        Assert.Equal(
            (user.GetProperty("UID").GetUInt32(), user.GetProperty("GID").GetUInt32()),
            (s_policy.Oci.Process.User.Uid, s_policy.Oci.Process.User.Gid));
        Assert.Equal(
            user.GetProperty("AdditionalGids").EnumerateArray().Select(group => group.GetUInt32()),
            s_policy.Oci.Process.User.AdditionalGids);
    }

    [Fact]
    public void Capabilities_AreTheRecordedOnes() =>
        Assert.Equal(Texts(Process.GetProperty("Capabilities").GetProperty("Bounding")), BuiltInProfiles.KataSnp.Common.DefaultCaps);

    [Fact]
    public void EveryRecordedMount_IsOneOfThePolicys_AndNoneIsMissing()
    {
        var recorded = Oci.GetProperty("Mounts").EnumerateArray().ToDictionary(mount => mount.GetProperty("destination").GetString()!);

        foreach (var (destination, mount) in recorded)
        {
            var own = Assert.Single(s_policy.Oci.Mounts, own => own.Destination == destination);
            Assert.Equal(mount.GetProperty("type_").GetString(), own.Type);
            Assert.Equal(Texts(mount.GetProperty("options")), own.Options);
            Assert.Matches(Pattern(own.Source), mount.GetProperty("source").GetString()!);
        }

        Assert.All(s_policy.Oci.Mounts.Where(own => !own.Optional), own => Assert.Contains(own.Destination, recorded.Keys));
    }

    [Fact]
    public void PathsAndNamespaces_AreTheRecordedOnes()
    {
        var linux = Oci.GetProperty("Linux");
        var (masked, readOnly) = (Texts(linux.GetProperty("MaskedPaths")), Texts(linux.GetProperty("ReadonlyPaths")));

        Assert.Subset(masked.ToHashSet(), s_policy.Oci.Linux.MaskedPaths.ToHashSet());
        Assert.Subset(masked.Concat(readOnly).ToHashSet(), s_policy.Oci.Linux.ReadonlyPaths.ToHashSet());
        Assert.Equal(
            linux.GetProperty("Namespaces").EnumerateArray().Select(space => space.GetProperty("Type").GetString()),
            s_policy.Oci.Linux.Namespaces.Select(space => space.Type));
    }

    [Fact]
    public void TheImage_IsTheRecordedOne()
    {
        Assert.Equal(s_request.GetProperty("storages")[0].GetProperty("source").GetString(), s_policy.Image!.Reference);
        Assert.Equal(
            Oci.GetProperty("Annotations").GetProperty("io.kubernetes.cri.image-name").GetString(),
            s_policy.Oci.Annotations["io.kubernetes.cri.image-name"]);
        Assert.Contains(Oci.GetProperty("Version").GetString()!, BuiltInProfiles.KataSnp.Common.OciVersions);
    }

    private static string Pattern(string source)
    {
        var common = BuiltInProfiles.KataSnp.Common;
        return source.StartsWith("$(sfprefix)", StringComparison.Ordinal)
            ? source.Replace("$(sfprefix)", common.SfPrefix, StringComparison.Ordinal).Replace(
                "$(cpath)", common.Cpath, StringComparison.Ordinal)
                .Replace("$(bundle-id)", "[0-9a-f]{64}", StringComparison.Ordinal)
            : $"^{source}$";
    }
}
