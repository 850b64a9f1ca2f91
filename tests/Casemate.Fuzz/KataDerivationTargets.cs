using System.Text;
using Casemate.KataPolicy;
using Casemate.KataPolicy.Derivation;
using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Manifests;
using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;
using Casemate.Oci;
using Casemate.Oci.Documents;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>What policies of the Kata agent are derived from: settings, files of images, configurations, manifests.</summary>
public static class KataDerivationTargets
{
    private const string Manifest = """
        kind: Pod
        apiVersion: v1
        metadata: {name: a, annotations: {k: v}}
        spec:
          securityContext: {runAsUser: 1, fsGroup: 2, sysctls: [{name: a.b, value: c}]}
          initContainers: [{name: i, image: b, restartPolicy: Always}]
          containers:
          - name: c
            image: b
            command: [x, $(A), $$(B)]
            env: [{name: A, value: $(B)}, {name: B, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
            envFrom: [{configMapRef: {name: m, optional: true}}]
            securityContext: {capabilities: {drop: [ALL], add: [KILL]}, runAsGroup: 3}
            volumeMounts: [{name: v, mountPath: /v}, {name: w, mountPath: /w, subPath: x}]
            livenessProbe: {exec: {command: [y]}}
          volumes: [{name: v, emptyDir: {}}, {name: w, configMap: {name: m}}]
        """;

    private const string Settings = """
        {"common":{"cpath":"/c","default_caps":["CAP_KILL"]},"cluster_config":{"guest_pull":true,"emptydir_type":"shared-fs"},
         "pause_container":{"Mounts":[{"destination":"/a","type_":"bind","options":["ro"]}],"Process":{"User":{"UID":1,"GID":2}}},
         "sandbox":{"storages":[{"driver":"d","fs_group":{"group_id":1}}]},"request_defaults":{"ExecProcessRequest":{"allowed_commands":[["a"]]}}}
        """;

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("genpolicy-settings", ReadSettings, [Encoding.UTF8.GetBytes(Settings), "{}"u8.ToArray()]),
        new("genpolicy-patch", ReadPatch,
        [
            """[{"op":"replace","path":"/common/cpath","value":"/b"},{"op":"copy","from":"/common","path":"/x"},{"op":"remove","path":"/x"}]"""u8.ToArray(),
            """[{"op":"move","from":"/sandbox/storages/0","path":"/sandbox/storages/-"},{"op":"test","path":"/common/cpath","value":"/c"}]"""u8.ToArray(),
            """[{"op":"add","path":"/common/default_caps/0","value":"CAP_CHOWN"}]"""u8.ToArray(),
        ]),
        new("image-users", ReadUsers,
            ["root:x:0:0:root:/root:/bin/sh\nweb:x:101:102::/:\n"u8.ToArray(), "wheel:x:10:root,web\nweb:x:102:\n"u8.ToArray()]),
        new("image-to-policy", FromImage,
        [
            """{"architecture":"amd64","os":"linux","config":{"User":"1:2","Env":["A=1"],"Entrypoint":["/x"],"Cmd":["$y"],"WorkingDir":"/w","Volumes":{"/v":{}}},"rootfs":{"type":"layers","diff_ids":[]}}"""u8.ToArray(),
        ]),
        new("pod-to-policy", FromPod, [Encoding.UTF8.GetBytes(Manifest)]),
    ];

    private static bool ReadSettings(ReadOnlySpan<byte> input)
    {
        var read = GenpolicySettings.Read(input.ToArray(), "s.json", BuiltInProfiles.KataSnp);
        Require(read.Profile is not null
            || read.Findings.Any(finding => finding.Severity is FindingSeverity.Error), "refused without a reason", input);
        return read.Profile is not null;
    }

    private static bool ReadPatch(ReadOnlySpan<byte> input)
    {
        var read = GenpolicySettings.Read(
            Encoding.UTF8.GetBytes(Settings), "s.json", BuiltInProfiles.KataSnp, ("p.json", (ReadOnlyMemory<byte>)input.ToArray()));
        Require(read.Profile is not null
            || read.Findings.Any(finding => finding.Severity is FindingSeverity.Error), "refused without a reason", input);
        return read.Profile is not null;
    }

    private static bool ReadUsers(ReadOnlySpan<byte> input)
    {
        var (users, groups) = (UserFiles.ReadPasswd(input), UserFiles.ReadGroup(input));
        Require(users.All(user => user.Name.Length > 0 && !user.Name.Contains(':')), "a user has no name", input);
        Require(groups.All(group => group.Members.All(member => member.Length > 0)), "a member has no name", input);
        return users.Length + groups.Length > 0;
    }

    private static bool FromImage(ReadOnlySpan<byte> input)
    {
        if (!ImageConfig.TryRead(input.ToArray(), out var config, out _))
        {
            return false;
        }

        var start = ImageStart.Of(config.Config, input, input);
        var workload = ManifestFile.Read(
            "p.yaml", "kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec: {containers: [{name: c, image: b}]}"u8,
            ManifestOptions.Default).Workloads.Single();
        foreach (var profile in BuiltInProfiles.All)
        {
            Check(workload, PodInputs.None, start, profile, input);
        }

        return true;
    }

    private static bool FromPod(ReadOnlySpan<byte> input)
    {
        var file = ManifestFile.Read("p.yaml", input, ManifestOptions.Default);
        var inputs = new PodInputs { ConfigMaps = file.ConfigMaps, Secrets = file.Secrets };
        var accepted = false;
        foreach (var workload in file.Workloads)
        {
            accepted |= Check(workload, inputs, new ImageStart { Cmd = ["/x"], User = "1" }, BuiltInProfiles.Aks, input);
        }

        return accepted;
    }

    // It never throws, gives a reason for every refusal, the same bytes twice, and data that reads back.
    private static bool Check(Workload workload, PodInputs inputs, ImageStart start, RuntimeProfile profile, ReadOnlySpan<byte> input)
    {
        var images = workload.Pod.AllContainers.Select(container => container.Image).Append(profile.PauseImage).Distinct()
            .Where(image => ImageReference.TryParse(image, out _, out _)).ToDictionary(image => image, image => Facts(image, start));
        var derived = PolicyDeriver.Derive(workload, inputs, images, profile);
        Require(derived.Succeeded != derived.Findings.Any(finding => finding.Severity is FindingSeverity.Error),
            "refused without a reason", input);
        if (derived.Data is not { } data)
        {
            return false;
        }

        Require(data.Containers.Count == 1 + workload.Pod.AllContainers.Count(), "a container is missing", input);
        Require(PolicyDataText.TryRead(Encoding.UTF8.GetBytes(PolicyDataText.Write(data)), out var again, out _),
            "the data cannot be read again", input);
        Require(PolicyDataText.Write(again!) == PolicyDataText.Write(data), "the data reads back as something else", input);
        foreach (var env in data.Containers.Select(container => container.Oci.Process.Env))
        {
            Require(env.Select(text => text.Split('=')[0]).Distinct().Count() == env.Count, "a variable is there twice", input);
        }

        return true;
    }

    private static ImageFacts Facts(string image, ImageStart start) => new()
    {
        Requested = image,
        Reference = ImageReference.Parse(image),
        ManifestDigest = Digest.Of("m"u8),
        ConfigDigest = Digest.Of("c"u8),
        DiffIds = [Digest.Of("l"u8)],
        Layers = [new ImageLayerPolicy(new string('0', 64), new string('1', 64))],
        Start = start,
    };
}
