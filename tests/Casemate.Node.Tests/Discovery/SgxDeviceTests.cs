using Casemate.Node.Discovery;

namespace Casemate.Node.Tests.Discovery;

/// <summary>Which driver is there, and what a container is given of its device nodes.</summary>
public sealed class SgxDeviceTests
{
    [Fact]
    public void TheInKernelDriver_IsGiven_UnderBothSpellings()
    {
        var sgx = Machine(TestMachine.InKernel).ScanSgx();

        Assert.Equal(SgxDriver.InKernel, sgx.Driver);
        Assert.Equal(new DeviceNode("/dev/sgx_enclave", "/dev/sgx_enclave", 10, 125, 0b110_110_110, 0), sgx.Enclave);
        Assert.Equal(106u, sgx.Provision!.Gid);
        Assert.Equal([new("/dev/sgx_enclave", "/dev/sgx_enclave"), new("/dev/sgx_enclave", "/dev/sgx/enclave")], sgx.EnclaveDevices);
        Assert.Equal([new("/dev/sgx_provision", "/dev/sgx_provision"), new("/dev/sgx_provision", "/dev/sgx/provision")],
            sgx.ProvisionDevices);
    }

    [Fact]
    public void TheDcapDriver_IsGiven_UnderBothSpellings()
    {
        var sgx = Machine("dir /dev/sgx\nchar /dev/sgx/enclave 10 58 0666 0\nchar /dev/sgx/provision 10 57 0660 1001\n").ScanSgx();

        Assert.Equal(SgxDriver.Dcap, sgx.Driver);
        Assert.Equal([new("/dev/sgx/enclave", "/dev/sgx_enclave"), new("/dev/sgx/enclave", "/dev/sgx/enclave")], sgx.EnclaveDevices);
        Assert.Equal([new("/dev/sgx/provision", "/dev/sgx_provision"), new("/dev/sgx/provision", "/dev/sgx/provision")],
            sgx.ProvisionDevices);
    }

    [Fact]
    public void AnEarlyDcapDriver_IsGiven_AsItIs_SinceItsDeviceCannotAlsoBeADirectory()
    {
        var sgx = Machine("char /dev/sgx 10 58 0666 0\nchar /dev/sgx_prv 10 57 0660 1001\n").ScanSgx();

        Assert.Equal(SgxDriver.DcapEarly, sgx.Driver);
        Assert.Equal([new("/dev/sgx", "/dev/sgx")], sgx.EnclaveDevices);
        Assert.Equal([new("/dev/sgx_prv", "/dev/sgx_prv")], sgx.ProvisionDevices);
    }

    [Theory]
    [InlineData("/dev/isgx", SgxDriver.Isgx)]
    [InlineData("/dev/gsgx", SgxDriver.Gsgx)]
    public void DriversWithoutProvisioning_AreGiven_AsTheyAre(string path, SgxDriver driver)
    {
        var machine = Machine($"char {path} 10 58 0666 0\n");

        Assert.Equal(driver, machine.ScanSgx().Driver);
        Assert.Equal([new(path, path)], machine.ScanSgx().EnclaveDevices);
        Assert.Null(machine.ScanSgx().Provision);
        Assert.DoesNotContain(machine.Scan().Findings, finding => finding.Id is FindingId.ProvisionNodeMissing);
    }

    [Theory]
    [InlineData("link /dev/sgx/enclave ../sgx_enclave")]
    [InlineData("link /dev/sgx/enclave /dev/sgx_enclave")]
    [InlineData("link /dev/sgx/enclave ../././sgx/../sgx_enclave")]
    public void ALink_OfTheOtherSpelling_MeansTheNodeThatItLeadsTo(string link)
    {
        var sgx = Machine(TestMachine.InKernel + "dir /dev/sgx\n" + link + "\n").ScanSgx();

        Assert.Equal(SgxDriver.InKernel, sgx.Driver);
        Assert.All(sgx.EnclaveDevices, device => Assert.Equal("/dev/sgx_enclave", device.HostPath));
    }

    [Fact]
    public void ALink_ToTheDcapNode_MeansTheDcapDriver()
    {
        var sgx = Machine("dir /dev/sgx\nchar /dev/sgx/enclave 10 58 0666 0\nlink /dev/sgx_enclave sgx/enclave\n").ScanSgx();

        Assert.Equal(SgxDriver.Dcap, sgx.Driver);
        Assert.All(sgx.EnclaveDevices, device => Assert.Equal("/dev/sgx/enclave", device.HostPath));
    }

    [Fact]
    public void ADirectoryThatIsALink_IsFollowed()
    {
        var sgx = Machine("dir /dev/sgx-1.41\nlink /dev/sgx sgx-1.41\nchar /dev/sgx-1.41/enclave 10 58 0666 0\n").ScanSgx();

        Assert.Equal("/dev/sgx-1.41/enclave", sgx.Enclave!.RealPath);
        Assert.All(sgx.EnclaveDevices, device => Assert.Equal("/dev/sgx-1.41/enclave", device.HostPath));
    }

    [Theory]
    [InlineData("dir /dev/sgx_enclave", "a directory")]
    [InlineData("file /dev/sgx_enclave", "an ordinary file")]
    [InlineData("block /dev/sgx_enclave 10 125 0666 0", "a block device")]
    [InlineData("other /dev/sgx_enclave", "a socket or a pipe")]
    public void WhatIsNoCharacterDevice_IsNeverGiven(string line, string what)
    {
        var hardware = Machine(line + "\n").Scan();

        Assert.Equal(SgxDriver.None, hardware.Sgx!.Driver);
        Assert.Empty(hardware.Sgx.EnclaveDevices);
        Assert.Contains(hardware.Findings, finding => finding.Id is FindingId.NotACharacterDevice && finding.Message.Contains(what,
            StringComparison.Ordinal));
    }

    [Fact]
    public void TheDirectoryOfDevices_IsNothingOdd() =>
        Assert.DoesNotContain(
            Machine(TestMachine.InKernel + "dir /dev/sgx\n").Scan().Findings, finding => finding.Id is FindingId.NotACharacterDevice);

    [Theory]
    [InlineData("link /dev/sgx_enclave sgx_vepc")]
    [InlineData("char /dev/sgx_enclave 10 124 0600 0")]
    [InlineData("link /dev/sgx_enclave sgx_provision")]
    [InlineData("link /dev/isgx sgx_vepc")]
    public void TheDeviceOfKvm_AndThatOfProvisioning_AreNeverGivenForEnclaves(string line)
    {
        var hardware = Machine("char /dev/sgx_vepc 10 124 0600 0\nchar /dev/sgx_provision 10 126 0660 106\n" + line + "\n").Scan();

        Assert.Null(hardware.Sgx!.Enclave);
        Assert.Empty(hardware.Sgx.EnclaveDevices);
        Assert.Contains(hardware.Findings, finding => finding.Severity is FindingSeverity.Error);
    }

    [Fact]
    public void TheDeviceOfKvm_IsNeverGivenForProvisioning() =>
        Assert.Null(Machine("char /dev/sgx_enclave 10 125 0666 0\nchar /dev/sgx_vepc 10 124 0600 0\nlink /dev/sgx_provision "
            + "sgx_vepc\n").ScanSgx().Provision);

    [Fact]
    public void TheEnclaveDevice_IsNeverGivenForProvisioning_UnderALink()
    {
        var sgx = Machine("char /dev/sgx_enclave 10 125 0666 0\nlink /dev/sgx_provision sgx_enclave\n").ScanSgx();

        Assert.Null(sgx.Provision);
        Assert.Empty(sgx.ProvisionDevices);
    }

    [Theory]
    [InlineData("link /dev/sgx_enclave sgx_enclave")]
    [InlineData("link /dev/sgx_enclave gone")]
    [InlineData("link /dev/sgx_enclave /etc/passwd")]
    [InlineData("link /dev/sgx_enclave ../../../etc/passwd")]
    [InlineData("link /dev/sgx_enclave null/x\nchar /dev/null 1 3 0666 0")]
    [InlineData("link /dev/sgx_enclave \u001b[31m\nchar /dev/\u001b[31m 10 125 0666 0")]
    [InlineData("link /dev/sgx_enclave a\nlink /dev/a b\nlink /dev/b a")]
    public void ALink_ThatLeadsNowhere_OrOutOfDev_IsAFinding(string lines)
    {
        var hardware = Machine(lines + "\n").Scan();

        Assert.Null(hardware.Sgx!.Enclave);
        Assert.Contains(hardware.Findings, finding => finding.Id is FindingId.BrokenDeviceLink);
    }

    [Fact]
    public void OfSeveralDrivers_TheNewestIsUsed_AndTheOtherNamed()
    {
        var hardware = Machine(TestMachine.InKernel + "char /dev/isgx 10 59 0666 0\n").Scan();

        Assert.Equal(SgxDriver.InKernel, hardware.Sgx!.Driver);
        Assert.Contains("/dev/isgx", Assert.Single(hardware.Findings, f => f.Id is FindingId.SeveralDrivers).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingProvisioningNode_IsAFinding() =>
        Assert.Contains(
            Machine("char /dev/sgx_enclave 10 125 0666 0\n").Scan().Findings, finding => finding.Id is FindingId.ProvisionNodeMissing);

    private static TestMachine Machine(string devices) => new TestMachine { Devices = devices }.Epc(0, "8589934592\n");
}
