using Casemate.KataPolicy.Derivation;
using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;
using Casemate.KataPolicy.Tests.Manifests;
using Casemate.Oci;
using Casemate.Rego;

namespace Casemate.KataPolicy.Tests.Derivation;

/// <summary>What the policy of a whole pod holds.</summary>
public sealed class PolicyOfPodTests
{
    private const string Three = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata:
              labels: {app: web}
              annotations: {team: "shop, 2"}
            spec:
              shareProcessNamespace: true
              securityContext:
                sysctls: [{name: net.core.somaxconn, value: '1024'}]
              initContainers:
              - {name: prepare, image: registry.example/prepare:1}
              - {name: proxy, image: registry.example/proxy:1, restartPolicy: Always}
              containers:
              - name: app
                image: registry.example/app@sha256:f07fff1d7544464a1041fc2b6be79873a335a3af8f0b747b82fa630287968d4d
                volumeDevices: [{name: raw, devicePath: /dev/raw}]
                resources: {limits: {nvidia.com/pgpu: '2'}}
              volumes:
              - {name: raw, persistentVolumeClaim: {claimName: raw}}
        """;

    [Fact]
    public void AnImageOfADockerArchive_IsWarnedOf_BecauseItsDigestIsNotTheRegistrys()
    {
        var workload = Given.Workload();
        var image = workload.Pod.AllContainers.Single().Image;
        IReadOnlyList<PolicyFinding> Warnings(bool made, RuntimeProfile profile) =>
        [
            .. PolicyDeriver.Derive(
                workload, PodInputs.None, new Dictionary<string, ImageFacts> { [image] = Given.Facts(image, Given.Start) with { HasMadeManifest = made } },
                profile).Findings.Where(finding => finding.Message.Contains("docker-archive", StringComparison.Ordinal)),
        ];

        var warning = Assert.Single(Warnings(true, BuiltInProfiles.KataSnp));
        Assert.Equal((FindingSeverity.Warning, "spec.containers[0].image"), (warning.Severity, warning.Path));
        Assert.Empty(Warnings(false, BuiltInProfiles.KataSnp));
        Assert.Empty(Warnings(true, BuiltInProfiles.KataSnp with { ImageForm = null }));
    }

    [Fact]
    public void NamesContainersInTheOrderOfTheirCreation()
    {
        var containers = Given.Data(Three).Containers;

        Assert.Equal(["pause", "prepare", "proxy", "app"], containers.Select(container => container.Name));
        Assert.Equal(
            [ContainerRole.Pause, ContainerRole.Init, ContainerRole.Sidecar, ContainerRole.App],
            containers.Select(container => container.Role));
    }

    [Fact]
    public void BindsEachImageByDigest()
    {
        var containers = Given.Data(Three).Containers;

        Assert.StartsWith("registry.example/prepare@sha256:", containers[1].Image!.Reference, StringComparison.Ordinal);
        Assert.EndsWith(
            "@sha256:f07fff1d7544464a1041fc2b6be79873a335a3af8f0b747b82fa630287968d4d", containers[3].Image!.Reference,
            StringComparison.Ordinal);
        Assert.All(
            containers.Skip(1), container =>
            Assert.Equal(container.Image!.Reference, container.Oci.Annotations["io.kubernetes.cri.image-name"]));
        Assert.All(containers, container => Assert.Equal(ImageForm.GuestPull, container.Image!.Form));
    }

    [Fact]
    public void NamesLayersFromTheTop_WhereTheHostAttachesThem()
    {
        var facts = Given.Facts("registry.example/app:1", Given.Start) with { Layers = [new("low", "1"), new("top", "2")] };
        var workload = Assert.Single(Manifest.Read(Given.Yaml()).Workloads);

        var derived = PolicyDeriver.Derive(
            workload, PodInputs.None,
            new Dictionary<string,
            ImageFacts>
            {
                ["registry.example/app:1"] = facts,
                [BuiltInProfiles.PauseImage] = Given.Facts(BuiltInProfiles.PauseImage, PauseImages.WithUser)
            },
            BuiltInProfiles.Aks);

        Assert.Equal(["top", "low"], derived.Data!.Containers[1].Image!.Layers.Select(layer => layer.Id));
    }

    [Fact]
    public void SaysThatPlainKataBindsNoContent()
    {
        var derived = Given.Derived(Given.Yaml(), profile: BuiltInProfiles.Kata);

        Assert.Null(derived.Data!.Containers[1].Image);
        Assert.Equal("registry.example/app:1", derived.Data.Containers[1].Oci.Annotations["io.kubernetes.cri.image-name"]);
        Assert.Contains(
            derived.Findings, finding =>
            finding.Severity is FindingSeverity.Warning && finding.Message.Contains("does not bind", StringComparison.Ordinal));
    }

    [Fact]
    public void ComparesThePodsAnnotations() => Assert.Equal("shop, 2", Given.Data(Three).Containers[3].Oci.Annotations["team"]);

    [Fact]
    public void KnowsThePodByItsNamePattern()
    {
        var annotations = Given.Data(Three).Containers[0].Oci.Annotations;

        Assert.StartsWith("^web-", annotations["io.kubernetes.cri.sandbox-name"], StringComparison.Ordinal);
        Assert.Equal("", annotations["io.kubernetes.cri.sandbox-namespace"]);
        Assert.StartsWith("^/var/run/netns/cni-", annotations["nerdctl/network-namespace"], StringComparison.Ordinal);
        Assert.Equal("shop", Given.Data(Given.Yaml()).Containers[0].Oci.Annotations["io.kubernetes.cri.sandbox-namespace"]);
    }

    [Fact]
    public void RefusesAnnotations_ThatAreTheRuntimesOwn()
    {
        var error = Assert.Single(
            Given.Derived(
                Given.Yaml().Replace(
                "  name: web\n", "  name: web\n  annotations: {io.kubernetes.cri.image-name: x}\n", StringComparison.Ordinal)).Findings,
            finding => finding.Severity is FindingSeverity.Error);

        Assert.Contains("the runtime's own", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SharesProcesses_WhereThePodDoes() =>
        Assert.Equal([false, true, true, true], Given.Data(Three).Containers.Select(container => container.SandboxPidns));

    [Fact]
    public void AllowsTheKernelParametersOfThePod()
    {
        var sysctl = Given.Data(Three).Containers[1].Oci.Linux.Sysctl;

        Assert.Equal("1024", sysctl["net.core.somaxconn"]);
        Assert.Equal("0", sysctl["net.ipv4.ip_unprivileged_port_start"]);
    }

    [Fact]
    public void HasDevicesOfVolumesAndOfResources()
    {
        var app = Given.Data(Three).Containers[3];

        Assert.Equal(
            [new DevicePolicy("/dev/vfio/devices/vfio", "vfio-pci-gk"), new("/dev/vfio/devices/vfio", "vfio-pci-gk"), new("/dev/raw")],
            app.Devices);
        Assert.Equal(["/dev/raw"], app.Oci.Linux.Devices);
        Assert.Contains("^cdi\\.k8s\\.io/vfio[0-9]{1,5}$", app.RuntimeAnnotationPatterns.Keys);
    }

    [Fact]
    public void MasksWhatContainerdMasks()
    {
        var linux = Given.Container().Oci.Linux;

        Assert.Contains("/proc/kcore", linux.MaskedPaths);
        Assert.Contains("/proc/sys", linux.ReadonlyPaths);
        Assert.Empty(Given.Container("securityContext: {privileged: true}").Oci.Linux.MaskedPaths);
        Assert.Empty(Given.Container("securityContext: {procMount: Unmasked}").Oci.Linux.ReadonlyPaths);
    }

    [Fact]
    public void GivesNewNamespaces_ButNoHostNameOfItsOwnOnTheHostsNetwork()
    {
        var containers = Given.Data(Given.Yaml(pod: "hostNetwork: true")).Containers;

        Assert.Equal(["ipc", "mount"], containers[0].Oci.Linux.Namespaces.Select(space => space.Type));
        Assert.Equal(["ipc", "uts", "mount"], containers[1].Oci.Linux.Namespaces.Select(space => space.Type));
        Assert.StartsWith("^/var/run/netns/cnitest-", containers[0].Oci.Annotations["nerdctl/network-namespace"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hostPID: true", "hostPID")]
    [InlineData("hostIPC: true", "hostIPC")]
    public void RefusesWhatAVirtualMachineCannotHave(string pod, string word) =>
        Assert.Contains(word, Given.Error(pod: pod).Message, StringComparison.Ordinal);

    [Fact]
    public void RefusesTwoContainersOfOneName()
    {
        var workload = Given.Workload();
        var again = workload.Pod.Containers[0] with { Path = "spec.containers[1]" };
        var derived = Given.Derived(workload with { Pod = workload.Pod with { Containers = [workload.Pod.Containers[0], again] } });

        var error = Assert.Single(derived.Findings, finding => finding.Severity is FindingSeverity.Error);
        Assert.Equal("spec.containers[1].name", error.Path);
        Assert.Contains("could mean either", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SaysWhichImageIsMissing()
    {
        var workload = Assert.Single(Manifest.Read(Given.Yaml()).Workloads);

        var error = Assert.Single(
            PolicyDeriver.Derive(workload, PodInputs.None, new Dictionary<string, ImageFacts>(), BuiltInProfiles.KataSnp).Findings,
            finding => finding.Severity is FindingSeverity.Error);

        Assert.Equal("spec.containers[0].image", error.Path);
        Assert.Contains("--image", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void IsTheSameBytes_WheneverItIsDerived() =>
        Assert.Equal(
            PolicyDataText.Write(Given.Data(Three)),
            PolicyDataText.Write(Given.Data(Three.Replace("\n", "\r\n", StringComparison.Ordinal))));

    public static TheoryData<string, string> Pods => new()
    {
        { "kata-snp", Given.Yaml() },
        { "kata-snp", Three },
        { "kata-tdx",
            Given.Yaml(
            "volumeMounts:\n- {name: m, mountPath: /m}\n- {name: c, mountPath: /c}",
            "volumes:\n- {name: m, emptyDir: {medium: Memory}}\n- {name: c, configMap: {name: x}}") },
        { "kata-tdx",
            Given.Yaml("volumeMounts:\n- {name: e, mountPath: /e}", "securityContext: {fsGroup: 5}\nvolumes:\n- {name: e, emptyDir: {}}") },
        { "aks", Three },
        { "aks", Given.Yaml("tty: true\nvolumeMounts:\n- {name: e, mountPath: /e}", "volumes:\n- {name: e, emptyDir: {}}") },
        { "kata",
            Given.Yaml(
            "env:\n- {name: A, value: 'a$(x)$$b'}\nvolumeMounts:\n- {name: e, mountPath: /e}", "volumes:\n- {name: e, emptyDir: {}}") },
        { "kata", Given.Yaml("securityContext: {privileged: true}\nlivenessProbe: {exec: {command: [a, b]}}", "hostNetwork: true") },
    };

    [Theory]
    [MemberData(nameof(Pods))]
    public void AllowsWhatAnHonestHostAsks(string profile, string yaml)
    {
        Assert.True(BuiltInProfiles.TryFind(profile, out var found));
        var data = Given.Data(yaml, profile: found);
        Assert.Empty(PolicyDataProblems.Find(data));
        Assert.True(AgentPolicy.TryCompile(AgentPolicyText.Write(data), out var policy, out var errors), string.Join('\n', errors));

        var state = RegoState.Initial;
        foreach (var request in HonestRequests.Of(data))
        {
            var decision = policy.Decide(state, request);
            Assert.True(decision.Allowed, $"{request.Kind}: {decision.Message}\n{request.Input.ToJson()}");
            state = decision.State;
        }
    }

    [Theory]
    [InlineData(OciError.Unavailable, true)]
    [InlineData(OciError.Unauthorized, true)]
    [InlineData(OciError.Denied, true)]
    [InlineData(OciError.NotFound, false)]
    [InlineData(OciError.DigestMismatch, false)]
    public async Task AnImageThatCannotBeRead_IsAFinding_AndOnlyARegistrysFailureOneOfARegistry(OciError error, bool isOfRegistry)
    {
        var made = await DeriveAsync(error, BuiltInProfiles.KataSnp);

        Assert.Null(made.Data);
        Assert.Equal(isOfRegistry ? error : null, made.RegistryFailure);
        var findings = made.Findings.Where(finding => finding.Severity is FindingSeverity.Error).ToList();
        var containers = Assert.Single(Manifest.Read(Three).Workloads).Pod.AllContainers.ToList();
        Assert.Equal(containers.Select(container => $"{container.Path}.image"), findings.Select(finding => finding.Path));
        foreach (var (container, finding) in containers.Zip(findings))
        {
            Assert.Contains("no such luck", finding.Message, StringComparison.Ordinal);
            Assert.Equal(
                isOfRegistry, finding.Message.Contains($"the image '{container.Image}' of container '{container.Name}'", StringComparison.Ordinal));
            Assert.Equal(isOfRegistry, finding.Remedy.Contains($"--image {container.Image}=oci:DIR:TAG", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task APauseImageThatCannotBeRead_IsNamed_WithWhatToDo()
    {
        var made = await DeriveAsync(OciError.Unavailable, BuiltInProfiles.Aks);

        Assert.Equal(OciError.Unavailable, made.RegistryFailure);
        var finding = Assert.Single(made.Findings, one => one.Message.Contains("the pause image", StringComparison.Ordinal));
        Assert.Contains(
            $"'{BuiltInProfiles.PauseImage}', whose layers the profile 'aks' binds, cannot be read", finding.Message, StringComparison.Ordinal);
        Assert.Contains($"--image {BuiltInProfiles.PauseImage}=oci:DIR:TAG", finding.Remedy, StringComparison.Ordinal);
    }

    private static Task<PolicyDerivation> DeriveAsync(OciError error, RuntimeProfile profile) => PolicyDeriver.DeriveAsync(
        Assert.Single(Manifest.Read(Three).Workloads), PodInputs.None, new FailingImages(error), profile,
        cancel: TestContext.Current.CancellationToken);

    private sealed class FailingImages(OciError error) : IImageFacts
    {
        public Task<ImageFacts> FindAsync(string reference, ImageForm? form, CancellationToken cancel) =>
            Task.FromException<ImageFacts>(new OciException(error, "no such luck"));
    }
}
