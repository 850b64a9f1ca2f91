using Casemate.Node.Advertisement;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Enforcement;
using Casemate.Node.Ledger;
using Casemate.Rpc;
using Casemate.Rpc.Nri;

namespace Casemate.Node.Tests.Enforcement;

/// <summary>Where the EPC limit of a container comes from.</summary>
public sealed class EpcLimitsTests
{
    private const string Claim = "7d2a4b10-4a52-4c0e-9f51-2f6a8f1f0c11";
    private const string Azure = "kubernetes.azure.com/sgx_epc_mem_in_MiB";

    private readonly AllocationBook _book = new(
        new EpcLedger([new PlannedBank(null, 1L << 40, 0, 0, 1L << 40)]), TimeSpan.FromMinutes(5), TimeProvider.System);

    private readonly PodSandbox _pod = new() { Id = "p", Uid = "pod-uid", Name = "pod", Namespace = "ns" };
    private readonly Container _container = new() { Id = "c", Name = "main" };

    public EpcLimitsTests() => _book.Reconcile(null, (_, _) => null);

    [Fact]
    public async Task Is_WhatTheAccountHasOfItsDevices()
    {
        var allocation = Allocation.Of(Azure, [1, 2, 3], 1 << 20, _ => null);
        Assert.True(_book.TryGive(allocation, out _));
        _container.Annotations["casemate.dev/allocation"] = allocation.Id;
        _container.Annotations["casemate.dev/epc-bytes"] = "99";
        _pod.Annotations["epc-limit.nri.io"] = "98";

        Assert.Equal(new EpcLimit(EpcLimitSource.Allocation, 3 << 20), await FindAsync());
    }

    [Fact]
    public async Task Is_WhatAllocateSaid_WhereTheAccountDoesNotKnowIt()
    {
        _container.Annotations["casemate.dev/allocation"] = "of-another-time";
        _container.Annotations["casemate.dev/epc-bytes"] = "3145728";

        Assert.Equal(new EpcLimit(EpcLimitSource.Allocation, 3 << 20), await FindAsync());
    }

    [Fact]
    public async Task IsNot_WhatThePodSaysOfAllocations()
    {
        _pod.Annotations["casemate.dev/epc-bytes"] = "3145728";

        Assert.Equal(new EpcLimit(EpcLimitSource.NoEnclaves, 0), await FindAsync());
    }

    // CRI-O copies every annotation of the pod to its containers.
    [Fact]
    public async Task IsNot_WhatThePodSaysOfAllocations_ThoughTheRuntimeCopiedItToTheContainer()
    {
        var other = Allocation.Of(Azure, [1, 2, 3], 1 << 20, _ => null);
        Assert.True(_book.TryGive(other, out _));
        _book.SetOthers([new EpcUse("pod-uid", 8 << 20)]);
        foreach (var annotations in (IDictionary<string, string>[])[_pod.Annotations, _container.Annotations])
        {
            annotations["casemate.dev/allocation"] = other.Id;
            annotations["casemate.dev/epc-bytes"] = "1099511627776";
        }

        Assert.Equal(new EpcLimit(EpcLimitSource.Pod, 8 << 20), await FindAsync());
    }

    [Fact]
    public async Task Is_WhatTheKubeletSaid_WhereThePodSaysOtherwise()
    {
        _container.Annotations["casemate.dev/epc-bytes"] = "3145728";
        _pod.Annotations["casemate.dev/epc-bytes"] = "1099511627776";

        Assert.Equal(new EpcLimit(EpcLimitSource.Allocation, 3 << 20), await FindAsync());
    }

    [Fact]
    public async Task Is_TheSumOfItsClaimsDevices()
    {
        Assert.True(_book.TryGiveClaim(
            Claim, [new EpcUse($"{Claim}/{Claim}-epc-0-s", 5 << 20), new EpcUse($"{Claim}/{Claim}-epc-1-s", 2 << 20)], out _));
        Use($"casemate.dev/sgx={Claim}-epc-0-s", $"casemate.dev/sgx={Claim}-epc-1-s", $"casemate.dev/sgx={Claim}-epc-1-s", "nvidia.com/gpu=0");
        _pod.Annotations["epc-limit.nri.io"] = "1";

        Assert.Equal(new EpcLimit(EpcLimitSource.Claim, 7 << 20), await FindAsync());
    }

    [Theory]
    [InlineData("casemate.dev/sgx=enclave")]
    [InlineData("casemate.dev/sgx=")]
    [InlineData("example.com/sgx=" + Claim + "-epc-0-s")]
    [InlineData("casemate.dev/sgx=" + Claim + "-epc-0")]
    public async Task IsNone_ForDevicesThatHaveNoEpc(string device)
    {
        Assert.True(_book.TryGiveClaim(Claim, [new EpcUse($"{Claim}/{Claim}-epc-0-s", 5 << 20)], out _));
        Use(device);

        Assert.Equal(new EpcLimit(EpcLimitSource.NoEnclaves, 0), await FindAsync());
    }

    [Theory]
    [InlineData(null, EpcLimitSource.Pod, 8 << 20)]
    [InlineData("1048576", EpcLimitSource.Annotation, 1 << 20)]
    [InlineData("99999999999", EpcLimitSource.Pod, 8 << 20)]
    [InlineData("0", EpcLimitSource.Pod, 8 << 20)]
    public async Task Is_AtMost_WhatThePodHolds(string? annotation, object source, long expected)
    {
        _book.SetOthers([new EpcUse("pod-uid", 8 << 20)]);
        if (annotation is not null)
        {
            _pod.Annotations["epc-limit.nri.io/container.main"] = annotation;
        }

        Assert.Equal(new EpcLimit((EpcLimitSource)source, expected), await FindAsync());
    }

    [Fact]
    public async Task Is_ThePodsAnnotation_WhereNothingElseIsKnown()
    {
        _pod.Annotations["epc-limit.nri.io/pod"] = "1048576";

        Assert.Equal(new EpcLimit(EpcLimitSource.Annotation, 1 << 20), await FindAsync());
    }

    [Fact]
    public async Task Refuses_AnAnnotationThatIsNoAmount()
    {
        _pod.Annotations["epc-limit.nri.io/pod"] = "64Mi";

        var error = await Assert.ThrowsAsync<RpcException>(FindAsync);

        Assert.Equal(RpcStatus.InvalidArgument, error.Status);
        Assert.Contains("'epc-limit.nri.io/pod' is '64Mi': write bytes", error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StaysAsItIs_WhereSomethingSetItBefore()
    {
        _pod.Annotations["epc-limit.nri.io/pod"] = "1048576";
        _container.Linux = new LinuxContainer { Resources = new LinuxResources { Unified = { ["misc.max"] = "sgx_epc 5" } } };

        Assert.Equal(new EpcLimit(EpcLimitSource.SetAlready, 0), await FindAsync());
    }

    [Fact]
    public async Task IsUnknown_ForAnEnclaveDeviceOfWhichNobodyKnows()
    {
        _container.Linux = new LinuxContainer { Devices = { new LinuxDevice { Path = "/dev/sgx/enclave" } } };

        Assert.Equal(new EpcLimit(EpcLimitSource.Unknown, 0), await FindAsync());
    }

    [Fact]
    public async Task IsNone_ForContainersWithoutEnclaves()
    {
        _container.Linux = new LinuxContainer { Devices = { new LinuxDevice { Path = "/dev/null" } } };

        Assert.Equal(new EpcLimit(EpcLimitSource.NoEnclaves, 0), await FindAsync());
    }

    [Fact]
    public void IsWritten_AsKeyAndBytes() => Assert.Equal("sgx_epc 67108864", new EpcLimit(EpcLimitSource.Claim, 64 << 20).Line);

    private void Use(params string[] devices) => _container.CdiDevices.Add(devices.Select(device => new CdiDevice { Name = device }));

    private Task<EpcLimit> FindAsync()
    {
        var sgx = new TestMachine().ScanSgx();
        return new EpcLimits(_book, () => sgx).FindAsync(
            _pod, _container, new KubeletView(null, TimeSpan.FromSeconds(1), TimeProvider.System), CancellationToken.None).AsTask();
    }
}
