using System.Globalization;
using Casemate.Quoting.Devices;
using Casemate.Quoting.Tests.Guests;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Devices;

/// <summary>Reports from the device of an SEV-SNP guest.</summary>
public sealed class SnpGuestDeviceTests
{
    private static readonly byte[] Data = SimulatedGuests.ReportData;

    [Fact]
    public async Task GetsReport_AndTheHostsCertificates()
    {
        var device = Device(SimulatedGuests.CertificateTable);

        var evidence = await Open(device, vmpl: 2).GetAsync(Data, default);

        Assert.Equal(Data, evidence.Evidence.Slice(0x50, 64).ToArray());
        Assert.Equal(1184, evidence.Evidence.Length);
        Assert.Equal(SimulatedGuests.CertificateTable, evidence.CertificateTable[..SimulatedGuests.CertificateTable.Length].ToArray());
        Assert.Equal([(0xC0205302u, 2u)], device.Requests);
    }

    [Fact]
    public async Task HostWithoutCertificates_GivesNoTable()
    {
        var evidence = await Open(Device()).GetAsync(Data, default);

        Assert.True(evidence.CertificateTable.IsEmpty);
    }

    [Fact]
    public async Task CertificatesThatNeedMoreRoom_AreDoneWithout()
    {
        var device = Device(SimulatedGuests.CertificateTable);
        device.Failures.Enqueue((ErrorNumber.InputOutput, 1UL << 32));

        var evidence = await Open(device).GetAsync(Data, default);

        Assert.Equal(1184, evidence.Evidence.Length);
        Assert.True(evidence.CertificateTable.IsEmpty);
        Assert.Equal([0xC0205302u, 0xC0205300u], device.Requests.Select(request => request.Request));
    }

    [Theory]
    [InlineData(ErrorNumber.InputOutput, 2UL << 32, true, "ask less often")]
    [InlineData(ErrorNumber.InputOutput, 7UL << 32, false, "host refused with error 7")]
    [InlineData(ErrorNumber.InputOutput, 0x16UL, false, "0x16")]
    [InlineData(ErrorNumber.InputOutput, 0x27UL, false, "VLEK")]
    [InlineData(ErrorNumber.NotATypewriter, 0xFFUL, false, "restart the guest")]
    [InlineData(ErrorNumber.TimedOut, 0UL, true, "in time")]
    [InlineData(ErrorNumber.BadMessage, 0UL, false, "damaged")]
    [InlineData(ErrorNumber.Invalid, 0UL, false, "VMPL")]
    public async Task ErrorsOfHostAndFirmware_AreToldApart(int error, ulong exitInformation, bool transient, string expected)
    {
        var device = Device();
        device.Failures.Enqueue((error, exitInformation));

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(() => Open(device).GetAsync(Data, default).AsTask());

        Assert.Equal(transient, failure.IsTransient);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StatusInTheAnswer_IsAnError()
    {
        var device = new EmulatedGuestDevice { Report = SimulatedGuests.SnpReport, FirmwareStatus = 0x27 };

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(() => Open(device).GetAsync(Data, default).AsTask());

        Assert.Contains("VLEK", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1183)]
    [InlineData(1185)]
    public async Task ReportOfAnotherSize_IsAnError(int size)
    {
        var device = new EmulatedGuestDevice { Report = _ => new byte[size] };

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(() => Open(device).GetAsync(Data, default).AsTask());

        Assert.Contains($"{size} bytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReportOverOtherData_IsNotHandedOn()
    {
        var device = new EmulatedGuestDevice { Report = _ => SimulatedGuests.SnpReport(new byte[64]) };

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(() => Open(device).GetAsync(Data, default).AsTask());

        Assert.Contains("not those that were asked for", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ErrorNumber.NoEntry, "module sev-guest")]
    [InlineData(ErrorNumber.AccessDenied, "root")]
    [InlineData(ErrorNumber.Busy, "cannot be opened")]
    public void DeviceThatCannotBeOpened_SaysWhy(int error, string expected)
    {
        var opened = SnpGuestDeviceProvider.TryOpen(
            new EmulatedGuestDevice { OpenError = error }, null, 0, out var provider, out var problem);

        Assert.False(opened);
        Assert.Null(provider);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
        Assert.Contains("/dev/sev-guest", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FileThatIsNoDevice_IsAnErrorOfTheKernel()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("sev-guest"), "plain");
        Assert.True(SnpGuestDeviceProvider.TryOpen(directory.File("sev-guest"), 0, out var provider, out _));

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(() => provider.GetAsync(Data, default).AsTask());

        Assert.Contains("error 25", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LayoutsAndNumbers_AreThoseOfTheKernelsHeader()
    {
        Assert.SkipUnless(File.Exists("/usr/include/linux/sev-guest.h"), "the kernel's header linux/sev-guest.h is not installed");
        using var directory = new TemporaryDirectory();
        File.WriteAllText(
            directory.File("layout.c"),
            """
            #include <linux/sev-guest.h>
            #include <stddef.h>
            #include <stdio.h>
            #include <sys/ioctl.h>
            int main(void)
            {
                printf("%lu %lu %zu %zu %zu %zu %zu %zu %zu %zu %zu %zu", SNP_GET_REPORT, SNP_GET_EXT_REPORT,
                    sizeof(struct snp_guest_request_ioctl), offsetof(struct snp_guest_request_ioctl, req_data),
                    offsetof(struct snp_guest_request_ioctl, resp_data), sizeof(struct snp_guest_request_ioctl) - 8,
                    sizeof(struct snp_report_req), offsetof(struct snp_report_req, vmpl), sizeof(struct snp_report_resp),
                    sizeof(struct snp_ext_report_req), offsetof(struct snp_ext_report_req, certs_address),
                    offsetof(struct snp_ext_report_req, certs_len));
                return 0;
            }
            """);
        ChildProgram compiled;
        try
        {
            compiled = await ChildProgram.RunAsync("cc", ["-o", directory.File("layout"), directory.File("layout.c")]);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("there is no C compiler (cc) on this machine");
            throw;
        }

        Assert.True(compiled.ExitCode == 0, compiled.Error);
        var layout = (await ChildProgram.RunAsync(directory.File("layout"), [])).Output.Split(' ')
            .Select(number => ulong.Parse(number, CultureInfo.InvariantCulture));

        Assert.Equal(
            [
                SnpGuestRequest.GetReport, SnpGuestRequest.GetExtendedReport, SnpGuestRequest.EnvelopeSize, 8, 16, 24,
                SnpGuestRequest.ReportRequestSize, 64, SnpGuestRequest.ResponseSize, SnpGuestRequest.ExtendedRequestSize, 96, 104,
            ],
            layout);
    }

    private static EmulatedGuestDevice Device(byte[]? certificates = null) =>
        new() { Report = SimulatedGuests.SnpReport, Certificates = certificates ?? [] };

    private static SnpGuestDeviceProvider Open(EmulatedGuestDevice device, uint vmpl = 0)
    {
        Assert.True(SnpGuestDeviceProvider.TryOpen(device, null, vmpl, out var provider, out var problem), problem);
        return provider;
    }
}
