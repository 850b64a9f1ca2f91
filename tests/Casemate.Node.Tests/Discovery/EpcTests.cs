using Casemate.Node.Discovery;

namespace Casemate.Node.Tests.Discovery;

/// <summary>How much EPC there is, whoever says what.</summary>
public sealed class EpcTests
{
    [Fact]
    public void TheKernel_TellsByNumaNode_InTheirOrder()
    {
        var sgx = new TestMachine().Epc(10, "1073741824\n").Epc(2, "2147483648\n").ScanSgx();

        Assert.Equal(EpcSource.Sysfs, sgx.EpcSource);
        Assert.Equal([new EpcBank(2, 2L << 30), new EpcBank(10, 1L << 30)], sgx.Banks);
        Assert.Equal(3L << 30, sgx.EpcBytes);
    }

    [Fact]
    public void TheKernel_IsBelieved_BeforeCpuid_AndBothAreKept()
    {
        var hardware = new TestMachine().Epc(0, "4294967296").Scan();

        Assert.Equal(4L << 30, hardware.Sgx!.EpcBytes);
        Assert.Equal(8L << 30, hardware.Sgx.CpuidBytes);
        Assert.Equal(
            "The kernel owns 4 GiB of EPC, CPUID reports 8 GiB; the kernel's number is used.",
            Assert.Single(hardware.Findings, finding => finding.Id is FindingId.EpcBelowCpuid).Message);
    }

    [Fact]
    public void MoreThanCpuidReports_IsAWarning() =>
        Assert.Equal(
            FindingSeverity.Warning,
            Assert.Single(new TestMachine().Epc(0, "10737418240").Scan().Findings,
                finding => finding.Id is FindingId.EpcAboveCpuid).Severity);

    [Fact]
    public void WithoutTheKernelsWord_CpuidCounts_ForTheOnlyNumaNode()
    {
        var sgx = new TestMachine().With("/sys/devices/system/node/node3/cpulist", "0").ScanSgx();

        Assert.Equal(EpcSource.Cpuid, sgx.EpcSource);
        Assert.Equal([new EpcBank(3, 8L << 30)], sgx.Banks);
    }

    [Fact]
    public void WithoutTheKernelsWord_SeveralNumaNodes_ShareOneBank()
    {
        var machine = new TestMachine { Cpuid = TestMachine.Processor((0x1_0000_0000, 1L << 30), (0x8_0000_0000, 2L << 30)) }
            .With("/sys/devices/system/node/node0/cpulist", "0").With("/sys/devices/system/node/node1/cpulist", "1");

        Assert.Equal([new EpcBank(null, 3L << 30)], machine.ScanSgx().Banks);
    }

    [Fact]
    public void CpuidAlone_IsNotBelieved_WhenTheDriverIsOff()
    {
        var hardware = new TestMachine { Devices = "" }.Scan();

        Assert.Equal(EpcSource.None, hardware.Sgx!.EpcSource);
        Assert.Equal(0, hardware.Sgx.EpcBytes);
        Assert.Equal(8L << 30, hardware.Sgx.CpuidBytes);
        Assert.Equal(FindingId.SgxDriverOff, Assert.Single(hardware.Findings).Id);
    }

    [Theory]
    [InlineData("CONFIG_X86=y\n# CONFIG_X86_SGX is not set\n", FindingId.KernelWithoutSgx)]
    [InlineData("CONFIG_X86=y\nCONFIG_X86_SGX=y\n", FindingId.SgxDriverOff)]
    [InlineData("CONFIG_ARM64=y\n", FindingId.SgxDriverOff)]
    public void AnOffDriver_IsExplained_ByTheKernelsConfiguration(string configuration, FindingId expected) =>
        Assert.Contains(
            new TestMachine { Devices = "" }.With("/proc/sys/kernel/osrelease", "6.8.0-1-x\n").With("/boot/config-6.8.0-1-x",
                configuration).Scan().Findings,
            finding => finding.Id == expected);

    [Fact]
    public void APackedConfiguration_IsRead()
    {
        using var packed = new MemoryStream();
        using (var zip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            zip.Write("CONFIG_X86=y\n# CONFIG_X86_SGX is not set\n"u8);
        }

        var machine = new TestMachine { Devices = "" }.With("/proc/config.gz", packed.ToArray());

        Assert.Contains(machine.Scan().Findings, finding => finding.Id is FindingId.KernelWithoutSgx);
    }

    [Theory]
    [InlineData("../../../etc/shadow")]
    [InlineData("x\n/../y")]
    [InlineData("")]
    public void AReleaseThatIsNoName_IsNotMadeAPath(string release)
    {
        var machine = new TestMachine { Devices = "" }.With("/proc/sys/kernel/osrelease", release).With($"/boot/config-{release}",
            "CONFIG_X86=y\n");

        Assert.Contains(machine.Scan().Findings, finding => finding.Id is FindingId.SgxDriverOff);
    }

    [Fact]
    public void ABrokenPackedConfiguration_IsAFinding_AndNoMore() =>
        Assert.Contains(
            new TestMachine { Devices = "" }.With("/proc/config.gz", "not packed").Scan().Findings,
                finding => finding.Id is FindingId.ImplausibleValue);

    [Fact]
    public void SgxWithoutEpc_IsSwitchedOffInTheFirmware() =>
        Assert.Equal(
            FindingId.SgxOffInFirmware,
            Assert.Single(new TestMachine { Devices = "", Cpuid = TestMachine.Processor() }.Scan().Findings).Id);

    [Fact]
    public void AProcessorWithoutSgx_MayAnswerAnythingElsewhere()
    {
        var without = TestMachine.Processor((0x1_0000_0000, 1L << 30)).Replace("ebx=0x00000004 ecx=0x4", "ebx=0x00000000 ecx=0x4");
        var machine = new TestMachine { Devices = "", Cpuid = without };

        Assert.Null(machine.Scan().Sgx);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("-1\n")]
    [InlineData("+1\n")]
    [InlineData("1e9\n")]
    [InlineData("0x1000\n")]
    [InlineData("4096 4096\n")]
    [InlineData("8 589 934 592\n")]
    [InlineData("٤٠٩٦\n")]
    [InlineData("18446744073709551616\n")]
    [InlineData("9223372036854775807\n")]
    [InlineData("70368744177665\n")]
    [InlineData("4096\0\n")]
    [InlineData("4096\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n")]
    public void WhatIsNoPlausibleNumber_IsNotCounted_NorReplacedByCpuids(string content)
    {
        var hardware = new TestMachine().Epc(0, content).Epc(1, "4096\n").Scan();

        Assert.Equal([new EpcBank(1, 4096)], hardware.Sgx!.Banks);
        Assert.Contains(hardware.Findings, finding => finding.Id is FindingId.ImplausibleValue);
    }

    [Fact]
    public void TheLargestPlausibleBank_IsCounted() =>
        Assert.Equal(1L << 46, new TestMachine().Epc(0, "70368744177664\n").ScanSgx().EpcBytes);

    [Fact]
    public void APartOfAPage_IsNotCounted() => Assert.Equal(4096, new TestMachine().Epc(0, "8191").ScanSgx().EpcBytes);

    [Fact]
    public void AFileThatCannotBeRead_IsAFinding_AndNotReplacedByCpuids()
    {
        var hardware = new TestMachine().Unreadable("/sys/devices/system/node/node0/x86/sgx_total_bytes").Scan();

        Assert.Equal(0, hardware.Sgx!.EpcBytes);
        Assert.Contains(hardware.Findings, finding => finding.Id is FindingId.Unreadable);
        Assert.Contains(hardware.Findings, finding => finding.Id is FindingId.NoEpc);
    }

    [Theory]
    [InlineData("node")]
    [InlineData("node-1")]
    [InlineData("node1024")]
    [InlineData("node99999")]
    [InlineData("nodeX")]
    [InlineData("power")]
    public void WhatIsNoNumaNode_IsNotLookedAt(string name) =>
        Assert.Equal(
            EpcSource.Cpuid, new TestMachine().With($"/sys/devices/system/node/{name}/x86/sgx_total_bytes", "4096").ScanSgx().EpcSource);

    [Theory]
    [InlineData("eax=0xfffff001 ebx=0x000fffff ecx=0xfffff001 edx=0x000fffff")]
    [InlineData("eax=0x00000001 ebx=0x00000000 ecx=0x00000001 edx=0x00000000")]
    [InlineData("eax=0x00001001 ebx=0x000fffff ecx=0xf0000001 edx=0x000000ff")]
    public void ASectionThatCannotBe_IsNotCounted(string registers)
    {
        var machine = new TestMachine { Cpuid = TestMachine.Processor() + $"0x00000012 0x02: {registers}\n" };

        Assert.Empty(machine.ScanSgx().CpuidSections);
        Assert.Contains(machine.Scan().Findings, finding => finding.Id is FindingId.ImplausibleValue);
    }

    [Fact]
    public void SectionsWithoutEnd_AreReadSoFarOnly()
    {
        var endless = string.Concat(Enumerable.Range(2, 500).Select(
            i => $"0x00000012 0x{i:x}: eax=0x00001001 ebx=0x00000000 ecx=0x00001001 edx=0x00000000\n"));

        Assert.Equal(64, new TestMachine { Cpuid = TestMachine.Processor() + endless }.ScanSgx().CpuidSections.Count);
    }

    [Fact]
    public void TheEpcController_ShowsThatLimitsCanBeEnforced()
    {
        var hardware = new TestMachine().Epc(0, "8589934592").With("/sys/fs/cgroup/misc.capacity", "sgx_epc 8589934592\n").Scan();

        Assert.True(hardware.Sgx!.EnforcementPossible);
        Assert.DoesNotContain(hardware.Findings, finding => finding.Id is FindingId.EpcNotEnforced);
    }
}
