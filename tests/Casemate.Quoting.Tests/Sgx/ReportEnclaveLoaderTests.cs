using System.Buffers.Binary;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Sgx;
using Casemate.Measurement.Enclave;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Devices;
using Casemate.Quoting.Sgx;
using Casemate.Quoting.Tests.Aesm;
using Casemate.Simulator;
using Casemate.Testing.Enclaves;

namespace Casemate.Quoting.Tests.Sgx;

/// <summary>How the report enclave is loaded and entered, held against the rules of the kernel's driver and of the processor.</summary>
public sealed class ReportEnclaveLoaderTests
{
    private static readonly byte[] s_target = [.. Enumerable.Range(0, 512).Select(i => (byte)(i * 7))];

    private static readonly nuint s_address = Number(0x7000_0000_8000);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void TheReport_IsOfTheEnclave_OverWhatWasGiven_AndNothingIsLeft()
    {
        var kernel = new EmulatedSgx { Report = Real };

        var report = LoaderOf(kernel).Report(s_target, TestServer.ReportData);

        Assert.Equal(432, report.Length);
        Assert.True(SgxReportBody.TryRead(report.Span[..384], out var body));
        Assert.Equal(ReportEnclave.MrEnclave.ToArray(), body.MrEnclave.ToArray());
        Assert.Equal(TestServer.ReportData, body.ReportData.ToArray());
        Assert.Empty(kernel.Reserved);
        Assert.True(Assert.Single(kernel.Opened).IsClosed);
    }

    [Fact]
    public void WithoutAKey_NoEnclaveIsBegun()
    {
        var kernel = new EmulatedSgx { Report = Real };
        var loader = new ReportEnclaveLoader(
            kernel, "/dev/sgx_enclave", () => throw new System.Security.Cryptography.CryptographicException("exponent 3 is forbidden."));

        var failure = Assert.Throws<EvidenceProviderException>(() => loader.Report(s_target, TestServer.ReportData));

        Assert.Contains("no RSA key of exponent 3 can be made here", failure.Message, StringComparison.Ordinal);
        Assert.Empty(kernel.Requests);
        Assert.True(Assert.Single(kernel.Opened).IsClosed);
    }

    [Fact]
    public void TheRequests_AreThoseOfTheDriver_InItsOrder()
    {
        var kernel = new EmulatedSgx { Report = Real };
        LoaderOf(kernel).Report(s_target, TestServer.ReportData);

        Assert.Equal(
            [0x4008A400, 0xC030A401, 0xC030A401, 0xC030A401, 0xC030A401, 0x4008A402], kernel.Requests.Select(request => (long)request.Number));
        Assert.Equal(
            [(0UL, 0x1000UL), (0x1000UL, 0x2000UL), (0x3000UL, 0x1000UL), (0x4000UL, 0x1000UL)],
            kernel.Requests.Where(request => request.Number == 0xC030A401).Select(request => (U64(request.Argument, 8), U64(request.Argument, 16))));
        Assert.Equal(
            [
                (0UL, 0x1000UL, SecInfoFlags.Read | SecInfoFlags.Write),
                (0x1000UL, 0x2000UL, SecInfoFlags.Regular | SecInfoFlags.Read | SecInfoFlags.Write),
                (0x3000UL, 0x1000UL, SecInfoFlags.Regular | SecInfoFlags.Read | SecInfoFlags.Execute),
                (0x4000UL, 0x1000UL, SecInfoFlags.Regular | SecInfoFlags.Read | SecInfoFlags.Write),
            ],
            kernel.Mappings);
    }

    [Fact]
    public void TheArguments_StandAtTheOffsetsOfTheUapi()
    {
        var add = new byte[48];
        add.AsSpan().Fill(0xEE);
        SgxRequest.WriteAddPages(add, 0x1111_0000, 0x3000, 0x1000, 0x2222_0040);
        Assert.Equal(
            "0000111100000000" + "0030000000000000" + "0010000000000000" + "4000222200000000" + "0100000000000000" + "0000000000000000",
            Convert.ToHexStringLower(add));

        var secs = new byte[4096];
        SgxRequest.WriteSecs(secs, ReportEnclave.Layout, s_address);
        Assert.Equal("0080000000000000" + "0080000000700000" + "01000000" + "00000000", Convert.ToHexStringLower(secs.AsSpan(0, 24)));
        Assert.Equal("0400000000000000" + "0300000000000000", Convert.ToHexStringLower(secs.AsSpan(48, 16)));
        Assert.Equal(6, secs.Count(value => value != 0));

        var secInfo = new byte[64];
        SgxRequest.WriteSecInfo(secInfo, SecInfoFlags.Regular | SecInfoFlags.Read | SecInfoFlags.Execute);
        Assert.Equal("0502" + new string('0', 124), Convert.ToHexStringLower(secInfo));

        var run = new byte[256];
        EnclaveRun.WriteThread(run, s_address);
        Assert.Equal("0080000000700000" + new string('0', 496), Convert.ToHexStringLower(run));
    }

    [Fact]
    public void ADriverThatAddsFewerPages_IsAskedForTheRest()
    {
        var kernel = new EmulatedSgx { Report = Real, PagesPerRequest = 1 };

        LoaderOf(kernel).Report(s_target, TestServer.ReportData);

        Assert.Equal(5, kernel.Requests.Count(request => request.Number == 0xC030A401));
    }

    [Theory]
    [InlineData("add")]
    [InlineData("init")]
    public void ASignalThatComesTooEarly_IsNoFailure(string request)
    {
        var kernel = new EmulatedSgx { Report = Real };
        kernel.Failures[request] = new Queue<int>([ErrorNumber.Interrupted, ErrorNumber.Interrupted]);

        Assert.Equal(432, LoaderOf(kernel).Report(s_target, TestServer.ReportData).Length);
    }

    [Theory]
    [InlineData("create", 25, false, "cannot be created (ECREATE): this is no device of the kernel's SGX driver")]
    [InlineData("create", 12, true, "cannot be created (ECREATE): no EPC")]
    [InlineData("create", 5, true, "cannot be created (ECREATE): the processor refuses")]
    [InlineData("add", 12, true, "thread control structure cannot be added (EADD): no EPC")]
    [InlineData("add", 4, true, "cannot be added (EADD): see the kernel's log (error 4")]
    [InlineData("init", 1, false, "cannot be launched (EINIT): the processor refuses to launch it; without flexible launch control")]
    [InlineData("init", 13, false, "cannot be launched (EINIT): the driver does not allow its attributes")]
    [InlineData("init", 22, false, "cannot be launched (EINIT): the driver refuses the request")]
    [InlineData("map", 1, false, "thread control structure cannot be mapped: /dev is mounted noexec")]
    [InlineData("map", 13, false, "cannot be mapped: SELinux")]
    public void AFailure_NamesTheStepAndTheCause_AndNothingIsLeft(string step, int error, bool isTransient, string message)
    {
        var kernel = new EmulatedSgx { Report = Real };
        kernel.Failures[step] = new Queue<int>(Enumerable.Repeat(error, 1000));

        var failure = Assert.Throws<EvidenceProviderException>(() => LoaderOf(kernel).Report(s_target, TestServer.ReportData));

        Assert.Contains("No report of an enclave, /dev/sgx_enclave: the enclave", failure.Message, StringComparison.Ordinal);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Equal(isTransient, failure.IsTransient);
        Assert.Empty(kernel.Reserved);
        Assert.All(kernel.Opened, device => Assert.True(device.IsClosed));
    }

    [Theory]
    [InlineData(0, 6, 0, false, "the processor, or the virtual machine, has no SGX")]
    [InlineData(0, 14, 0x8004, true, "memory is gone (#PF, error code 0x8004)")]
    [InlineData(0, 13, 0, false, "the processor refuses to report (#GP)")]
    [InlineData(0, 16, 0, false, "stopped by exception 16")]
    [InlineData(-22, 0, 0, false, "cannot be entered: error 22")]
    public void AnEntryThatEndsOtherwise_IsExplained(int result, int vector, int code, bool isTransient, string message)
    {
        var kernel = new EmulatedSgx { Ending = (result, (ushort)vector, (ushort)code) };

        var failure = Assert.Throws<EvidenceProviderException>(() => LoaderOf(kernel).Report(s_target, TestServer.ReportData));

        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Equal(isTransient, failure.IsTransient);
        Assert.Empty(kernel.Reserved);
    }

    [Theory]
    [InlineData(13, "give the user its group")]
    [InlineData(1, "let the pod ask for EPC")]
    [InlineData(19, "has no driver behind it")]
    [InlineData(24, "cannot be opened: error 24")]
    public void ADeviceThatCannotBeOpened_IsExplained(int error, string message)
    {
        var kernel = new EmulatedSgx { OpenError = _ => error };

        var failure = Assert.Throws<EvidenceProviderException>(() => LoaderOf(kernel).Report(s_target, TestServer.ReportData));

        Assert.StartsWith("No report of an enclave, /dev/sgx_enclave: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheOtherSpelling_IsFound()
    {
        var kernel = new EmulatedSgx { Report = Real, OpenError = path => path == "/dev/sgx/enclave" ? 0 : ErrorNumber.NoEntry };

        Assert.Equal(432, LoaderOf(kernel).Report(s_target, TestServer.ReportData).Length);
    }

    [Theory]
    [InlineData("/dev/isgx")]
    [InlineData("/dev/sgx")]
    public void ADriverFromElsewhere_IsRefusedByName(string device)
    {
        var kernel = new EmulatedSgx { OpenError = path => path == device ? 0 : ErrorNumber.NoEntry };

        var failure = Assert.Throws<EvidenceProviderException>(() => LoaderOf(kernel).Report(s_target, TestServer.ReportData));

        Assert.Contains($"{device} is of a driver from outside the kernel", failure.Message, StringComparison.Ordinal);
        Assert.All(kernel.Opened, opened => Assert.True(opened.IsClosed));
    }

    [Fact]
    public void AKernelWithoutTheWayIn_IsNamed()
    {
        var kernel = new EmulatedSgx { NoEntry = "the kernel's vDSO has no __vdso_sgx_enter_enclave" };

        var failure = Assert.Throws<EvidenceProviderException>(() => LoaderOf(kernel).Report(s_target, TestServer.ReportData));

        Assert.Contains("has no __vdso_sgx_enter_enclave. Enclaves take Linux 5.11 or later", failure.Message, StringComparison.Ordinal);
        Assert.Empty(kernel.Requests);
    }

    [Fact]
    public void AReportOfSomethingElse_IsRefused()
    {
        var other = new EmulatedSgx { Report = (_, target, data) => Real(new byte[32], target, data) };
        var stale = new EmulatedSgx { Report = (enclave, target, _) => Real(enclave, target, new byte[64]) };

        foreach (var kernel in new[] { other, stale })
        {
            var failure = Assert.Throws<EvidenceProviderException>(() => LoaderOf(kernel).Report(s_target, TestServer.ReportData));
            Assert.Contains("no report of itself over the report data", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void OtherSizes_AreRefused_BeforeAnythingIsOpened()
    {
        var kernel = new EmulatedSgx();
        Assert.Throws<ArgumentException>(() => LoaderOf(kernel).Report(new byte[511], new byte[64]));
        Assert.Throws<ArgumentException>(() => LoaderOf(kernel).Report(new byte[512], new byte[65]));
        Assert.Empty(kernel.Opened);
    }

    [Fact]
    public void TheKey_IsOfThisLoader_AndMadeOnce()
    {
        var keys = 0;
        var kernels = new[] { new EmulatedSgx { Report = Real }, new EmulatedSgx { Report = Real } };
        foreach (var kernel in kernels)
        {
            var loader = new ReportEnclaveLoader(kernel, "/dev/sgx_enclave", () =>
            {
                keys++;
                return EnclaveSigningKey.FromPem(TestEnclaveKey.Pem, needsPrivate: true);
            });
            Assert.Equal(0, keys);
            loader.Report(s_target, TestServer.ReportData);
            Assert.Equal(1, keys);
            keys = 0;
        }
    }

    [Fact]
    public async Task TheWholeWay_FromTheEnclaveThroughAesm_EndsInAQuoteOfIt()
    {
        await using var server = new TestServer();
        var loader = LoaderOf(new EmulatedSgx { Report = Real });

        var quote = await server.Client.QuoteAsGramineAsync(target => loader.Report(target.Span, TestServer.ReportData), Ct);

        Assert.Equal(QuoteError.None, Quote.TryRead(quote.Span, out var read, out _));
        Assert.True(SgxReportBody.TryRead(read.Body, out var body));
        Assert.Equal(ReportEnclave.MrEnclave.ToArray(), body.MrEnclave.ToArray());
        Assert.Equal(TestServer.ReportData, body.ReportData.ToArray());
        Assert.False(body.IsDebug);
    }

    [Fact]
    public async Task AReportThatNoProcessorMade_GetsNoQuote()
    {
        await using var server = new TestServer();
        var loader = LoaderOf(new EmulatedSgx
        {
            Report = (enclave, target, data) =>
            {
                var report = Real(enclave, target, data);
                report[^1] ^= 1;                                           // the MAC
                return report;
            },
        });

        var failure = await Assert.ThrowsAsync<AesmClientException>(
            async () => await server.Client.QuoteAsGramineAsync(target => loader.Report(target.Span, TestServer.ReportData), Ct));

        Assert.Equal(AesmError.InvalidReport, failure.Error);
    }

    // A report as the simulated machine's processor makes it, with its MAC.
    private static byte[] Real(byte[] mrEnclave, byte[] target, byte[] data) =>
        TestServer.Machine.Report(new SimulatedEnclave { MrEnclave = mrEnclave, Xfrm = 3 }, target, data);

    private static ReportEnclaveLoader LoaderOf(EmulatedSgx kernel) => new(
        kernel, "/dev/sgx_enclave", () => EnclaveSigningKey.FromPem(TestEnclaveKey.Pem, needsPrivate: true));

    private static nuint Number(ulong value) => (nuint)value;

    private static ulong U64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);
}
