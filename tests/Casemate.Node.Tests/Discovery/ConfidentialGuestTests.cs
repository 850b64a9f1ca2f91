using Casemate.Node.Discovery;

namespace Casemate.Node.Tests.Discovery;

/// <summary>Hosts and guests of SEV-SNP and TDX.</summary>
public sealed class ConfidentialGuestTests
{
    private const string Amd = "/sys/module/kvm_amd/parameters/";
    private const string Sev = "char /dev/sev 10 124 0600 0\n";
    private const string Hypervisor = "0x00000001 0x00: eax=0x00000000 ebx=0x00000000 ecx=0x80000000 edx=0x00000000\n";
    private const string KnowsSnp = "0x8000001f 0x00: eax=0x0000001a ebx=0x00000000 ecx=0x00000000 edx=0x00000000\n";
    private const string TrustDomain = "0x00000021 0x00: eax=0x00000000 ebx=0x65746e49 ecx=0x20202020 edx=0x5844546c\n";

    [Fact]
    public void AnSnpHost_HasParameter_Node_AndAsids()
    {
        var host = SnpHost("Y", Sev, "sev 410\nsev_es 99\n");

        Assert.True(host.Usable);
        Assert.Equal((410, 99), (host.SevAsids, host.SevEsAsids));
    }

    [Theory]
    [InlineData("N", Sev, "sev_es 99\n")]
    [InlineData("maybe", Sev, "sev_es 99\n")]
    [InlineData("Y", "", "sev_es 99\n")]
    [InlineData("Y", "dir /dev/sev\n", "sev_es 99\n")]
    [InlineData("Y", Sev, "sev_es 0\n")]
    public void AnSnpHost_WithoutOneOfThem_IsNotUsable(string snp, string devices, string capacity) =>
        Assert.False(SnpHost(snp, devices, capacity).Usable);

    [Fact]
    public void AMissingSevNode_IsAFinding() =>
        Assert.Contains(Host("1", "", "").Scan().Findings, finding => finding.Id is FindingId.SevNodeMissing);

    [Fact]
    public void SnpThatIsOff_IsNoted_WhereTheProcessorKnowsIt()
    {
        var machine = Host("N", Sev, "");
        machine.Cpuid = KnowsSnp;

        Assert.Contains(machine.Scan().Findings, finding => finding.Id is FindingId.SnpOffInKvm);
    }

    [Fact]
    public void AMachineWithoutTee_HasNoneOfThem()
    {
        var hardware = new TestMachine { Cpuid = "", Devices = "char /dev/null 1 3 0666 0\n" }.Scan();

        Assert.Equal((null, null, null, null, null), (hardware.Sgx, hardware.SnpHost, hardware.SnpGuest, hardware.TdxHost,
            hardware.TdxGuest));
        Assert.Empty(hardware.Findings);
    }

    [Fact]
    public void AnSnpGuest_IsKnown_ByItsNode() =>
        Assert.Equal(
            "/dev/sev-guest",
            new TestMachine { Cpuid = Hypervisor, Devices = "char /dev/sev-guest 10 124 0600 0\n" }.Scan().SnpGuest!.Device!.RealPath);

    [Fact]
    public void AnSnpGuest_IsKnown_ByConfigfs_WhereTheProcessorKnowsSnp()
    {
        var hardware = new TestMachine { Cpuid = Hypervisor + KnowsSnp, Devices = "" }.With("/sys/kernel/config/tsm/report/x", "").Scan();

        Assert.Equal(new SnpGuest(null), hardware.SnpGuest);
        Assert.True(hardware.ConfigfsTsm);
    }

    [Fact]
    public void AConfigfsWithoutSnp_MakesNoSnpGuest() =>
        Assert.Null(new TestMachine { Cpuid = Hypervisor, Devices = "" }.With("/sys/kernel/config/tsm/report/x", "").Scan().SnpGuest);

    [Theory]
    [InlineData("Y", "tdx 31\n", true)]
    [InlineData("1", "", true)]
    [InlineData("Y", "tdx 0\n", false)]
    [InlineData("N", "tdx 31\n", false)]
    public void ATdxHost_NeedsParameter_AndKeyIds(string parameter, string capacity, bool usable) =>
        Assert.Equal(
            usable,
            new TestMachine { Cpuid = "", Devices = "" }.With("/sys/module/kvm_intel/parameters/tdx", parameter)
                .With("/sys/fs/cgroup/misc.capacity", capacity).Scan().TdxHost!.Usable);

    [Fact]
    public void AHostThatStartsNoTds_IsNoTdxHost() =>
        Assert.Null(new TestMachine { Cpuid = "", Devices = "" }.With("/sys/module/kvm_intel/parameters/tdx", "N\n").Scan().TdxHost);

    [Theory]
    [InlineData("char /dev/tdx_guest 10 125 0600 0\n")]
    [InlineData("char /dev/tdx-guest 10 125 0600 0\n")]
    public void ATd_IsKnown_ByItsNode(string device) =>
        Assert.NotNull(new TestMachine { Cpuid = Hypervisor, Devices = device }.Scan().TdxGuest!.Device);

    [Fact]
    public void ATd_WithoutANode_IsKnownByCpuid_AndTheMissingEvidenceIsAnError()
    {
        var hardware = new TestMachine { Cpuid = Hypervisor + TrustDomain, Devices = "" }.Scan();

        Assert.Equal(new TdxGuest(null), hardware.TdxGuest);
        Assert.Equal(FindingId.GuestWithoutEvidence, Assert.Single(hardware.Findings).Id);
    }

    [Fact]
    public void TheOldHierarchy_HasTheCapacityElsewhere() =>
        Assert.Equal(
            [new MiscAmount("tdx", 5)],
            new TestMachine().With("/sys/fs/cgroup/misc/misc.capacity", "tdx 5\n").Scan().MiscCapacity);

    private static SnpHost SnpHost(string snp, string devices, string capacity) => Host(snp, devices, capacity).Scan().SnpHost!;

    private static TestMachine Host(string snp, string devices, string capacity) =>
        new TestMachine { Cpuid = "", Devices = devices }.With(Amd + "sev", "Y\n").With(Amd + "sev_es", "Y\n").With(Amd + "sev_snp",
            snp + "\n")
            .With("/sys/fs/cgroup/misc.capacity", capacity);
}
