using Casemate.Primitives.Sockets;
using Casemate.Quoting.Service;
using Casemate.Quoting.Service.Peers;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Service;

public sealed class PeerResolverTests : IDisposable
{
    private const string Uid = "0f9c6f1e-2f0b-4c53-9a0c-6a7f8b1d2e3f";
    private const string SliceUid = "0f9c6f1e_2f0b_4c53_9a0c_6a7f8b1d2e3f";
    private const string Id = "8b7c3f0a1e2d4c5b6a79881726354453627180f9e8d7c6b5a4f3e2d1c0b9a897";
    private const string Other = "1111111122222222333333334444444455555555666666667777777788888888";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + SliceUid + ".slice/cri-containerd-" + Id + ".scope")]
    [InlineData("0::/kubepods.slice/kubepods-pod" + SliceUid + ".slice/crio-" + Id + ".scope")]
    [InlineData("0::/kubepods.slice/kubepods-pod" + SliceUid + ".slice/crio-" + Id + ".scope/container")]
    [InlineData("0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + SliceUid + ".slice/docker-" + Id + ".scope")]
    [InlineData("0::/kubepods/burstable/pod" + Uid + "/" + Id)]
    [InlineData("0::/kubepods/pod" + Uid + "/" + Id + "/nested/by/the/workload")]
    [InlineData("0::/kubepods/pod" + Uid + "/crio-" + Id)]
    [InlineData("12:memory:/kubepods/besteffort/pod" + Uid + "/" + Id + "\n11:cpu:/kubepods/besteffort/pod" + Uid + "/" + Id + "\n0::/")]
    [InlineData("12:memory:/system.slice/containerd.service/kubepods-burstable-pod" + SliceUid + ".slice:cri-containerd:" + Id)]
    [InlineData("0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" + SliceUid + ".slice/cri-containerd-" + Id + ".scope")]
    [InlineData("0::/docker/" + Other + "/kubelet/kubepods/burstable/pod" + Uid + "/" + Id)]
    [InlineData("0::/system.slice/k3s.service/kubepods/pod" + Uid + "/" + Id)]
    [InlineData("0::/../../kubepods-burstable-pod" + SliceUid + ".slice/cri-containerd-" + Id + ".scope")]
    [InlineData("0::/../../pod" + Uid + "/" + Id)]
    [InlineData("0::/../../../besteffort/pod" + Uid + "/" + Id)]
    public void FindsPodAndContainer(string cgroup)
    {
        Assert.True(ControlGroup.TryRead(cgroup, out var uid, out var container));
        Assert.Equal((Uid, Id), (uid, container));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0::/")]
    [InlineData("0::/init.scope")]
    [InlineData("0::/user.slice/user-1000.slice/session-2.scope")]
    [InlineData("0::/docker/" + Id)]
    [InlineData("0::/system.slice/docker-" + Id + ".scope")]
    [InlineData("0::/machine.slice/libpod-" + Id + ".scope")]
    [InlineData("0::/../cri-containerd-" + Id + ".scope")]
    [InlineData("0::/kubepods/pod" + "not-a-uid" + "/" + Id)]
    [InlineData("0::/user.slice/pod" + Uid + "/" + Id)]
    [InlineData("0::/user.slice/mine-pod" + SliceUid + ".slice/" + Id)]
    [InlineData("no colons at all pod" + Uid)]
    [InlineData("2:cpu:/kubepods/pod" + Uid + "/" + Id + "\n1:memory:/kubepods/pod" + "ffffffff-2f0b-4c53-9a0c-6a7f8b1d2e3f" + "/" + Id)]
    public void FindsNoPod(string cgroup) => Assert.False(ControlGroup.TryRead(cgroup, out _, out _));

    [Fact]
    public void TakesTheOutermostPod_SinceAContainerNamesTheGroupsBelow()
    {
        var forged = $"0::/kubepods/pod{Uid}/{Id}/kubepods/podffffffff-2f0b-4c53-9a0c-6a7f8b1d2e3f/{Other}";
        Assert.True(ControlGroup.TryRead(forged, out var uid, out var container));
        Assert.Equal((Uid, Id), (uid, container));
    }

    [Fact]
    public void KnowsPodsThatTheKubeletRunsFromFiles()
    {
        Assert.True(ControlGroup.TryRead($"0::/kubepods/burstable/pod0f9c6f1e2f0b4c539a0c6a7f8b1d2e3f/{Id}", out var uid, out _));
        Assert.Equal("0f9c6f1e2f0b4c539a0c6a7f8b1d2e3f", uid);
    }

    [Fact]
    public void TakesNoMonitorForAContainer()
    {
        var monitor = $"0::/kubepods.slice/kubepods-pod{SliceUid}.slice/crio-conmon-{Id}.scope";
        Assert.True(ControlGroup.TryRead(monitor, out _, out var container));
        Assert.Null(container);
    }

    [Fact]
    public async Task NamesThePod_OfAProcess()
    {
        WriteProcess(42, "weird) name", 987);
        var pods = new MappedPodDirectory(new Dictionary<string, PodIdentity> { [Uid] = new("bank", "ledger-0") });

        var peer = await Resolve(new ControlGroupPeerResolver(pods, _directory.Path), 42);

        Assert.Equal(PeerIdentification.ControlGroup, peer.Identification);
        Assert.Equal((Uid, Id, "bank", "ledger-0"), (peer.PodUid, peer.ContainerId, peer.Namespace, peer.PodName));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(77)]
    public async Task IsUnknown_WithoutAVisibleProcess(int processId)
    {
        var peer = await Resolve(new ControlGroupPeerResolver(null, _directory.Path), processId);
        Assert.Equal(PeerIdentification.Unknown, peer.Identification);
        Assert.Null(peer.PodUid);
    }

    [Fact]
    public async Task ReadsThisVeryProcess_FromTheRealProc()
    {
        var peer = await Resolve(new ControlGroupPeerResolver(), Environment.ProcessId);
        var isPod = ControlGroup.TryRead(
            await File.ReadAllTextAsync("/proc/self/cgroup", TestContext.Current.CancellationToken), out var uid, out _);
        Assert.Equal(isPod ? uid : null, peer.PodUid);
    }

    [Fact]
    public void KnowsNames_FromTheKubeletsLogDirectory_AlsoOfPodsThatCameLater()
    {
        var time = new ManualTimeProvider(DateTimeOffset.UnixEpoch);
        Directory.CreateDirectory(Path.Combine(_directory.Path, $"bank_ledger-0_{Uid}"));
        Directory.CreateDirectory(Path.Combine(_directory.Path, "not-a-pod"));
        var pods = new PodLogDirectory(_directory.Path, time);
        Assert.Equal(new PodIdentity("bank", "ledger-0"), pods.Find(Uid));

        Directory.CreateDirectory(Path.Combine(_directory.Path, "shop_till-0_later"));
        Assert.Null(pods.Find("later"));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new PodIdentity("shop", "till-0"), pods.Find("later"));
        Assert.Null(new PodLogDirectory("/nowhere", time).Find(Uid));
    }

    [Fact]
    public async Task NamesThePod_ByTheDirectoryOfItsSocket()
    {
        var resolver = new AllocationPeerResolver("/run/casemate/aesm", new Allocations(), CredentialPeerResolver.Instance);

        var known = await resolver.ResolveAsync(default, "/run/casemate/aesm/a1/aesm.socket", TestContext.Current.CancellationToken);
        var unknown = await resolver.ResolveAsync(default, "/run/casemate/aesm/a2/aesm.socket", TestContext.Current.CancellationToken);

        Assert.Equal((PeerIdentification.Allocation, "bank", "ledger-0"), (known.Identification, known.Namespace, known.PodName));
        Assert.Equal((PeerIdentification.Allocation, (string?)null), (unknown.Identification, unknown.PodName));
        string[] others = ["/run/aesmd/aesm.socket", "@sgx_aesm_socket_base", "/run/casemate/aesm/a1/deep/s", "/run/casemate/aesm/s"];
        foreach (var elsewhere in others)
        {
            Assert.Null(resolver.AllocationOf(elsewhere));
        }
    }

    [Fact]
    public async Task NamesThePod_ByTheProcess_WhereNobodyKnowsWhoseTheSocketIs()
    {
        WriteProcess(42, "app", 1000);
        Directory.CreateDirectory(Path.Combine(_directory.Path, "pods", $"shop_till-0_{Uid}"));
        var processes = new ControlGroupPeerResolver(
            new PodLogDirectory(Path.Combine(_directory.Path, "pods"), TimeProvider.System), _directory.Path);
        var resolver = new AllocationPeerResolver("/run/casemate/aesm", new Allocations(), processes);

        var peer = await resolver.ResolveAsync(
            new PeerCredential(42, 0, 0), "/run/casemate/aesm/a2/aesm.socket", TestContext.Current.CancellationToken);
        var told = await resolver.ResolveAsync(
            new PeerCredential(42, 0, 0), "/run/casemate/aesm/a1/aesm.socket", TestContext.Current.CancellationToken);

        Assert.Equal(
            (PeerIdentification.ControlGroup, "shop", "/run/casemate/aesm/a2/aesm.socket"), (peer.Identification, peer.Namespace, peer.Endpoint));
        Assert.Equal((PeerIdentification.Allocation, "bank"), (told.Identification, told.Namespace));
    }

    private static async Task<Peer> Resolve(ControlGroupPeerResolver resolver, int processId) =>
        await resolver.ResolveAsync(new PeerCredential(processId, 0, 0), "/s", TestContext.Current.CancellationToken);

    private void WriteProcess(int id, string name, ulong startTime)
    {
        var directory = Directory.CreateDirectory(Path.Combine(_directory.Path, $"{id}")).FullName;
        File.WriteAllText(Path.Combine(directory, "cgroup"), $"0::/kubepods/pod{Uid}/{Id}\n");
        File.WriteAllText(
            Path.Combine(directory, "stat"), $"{id} ({name}) S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 {startTime} 1000 10\n");
    }

    private sealed class Allocations : IAllocationDirectory
    {
        public AllocatedPod? Find(string allocationId) => allocationId == "a1" ? new AllocatedPod("bank", "ledger-0") : null;
    }
}
