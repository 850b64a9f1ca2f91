using System.Text;
using Casemate.Serve.Pccs;
using static Casemate.Serve.Tests.Pccs.PccsFixture;

namespace Casemate.Serve.Tests.Pccs;

/// <summary>Input that no client sends by mistake.</summary>
public sealed class PccsHostileInputTests
{
    public static TheoryData<string, int> Targets => new()
    {
        { $"{Sgx}tcb", 400 },
        { $"{Sgx}tcb?fmspc=", 400 },
        { $"{Sgx}tcb?fmspc=00606A00000", 400 },
        { $"{Sgx}tcb?fmspc=00606A00000G", 400 },
        { $"{Sgx}tcb?fmspc=00606A000000&update=later", 400 },
        { $"{Sgx}tcb?fmspc=00606A000000&tcbEvaluationDataNumber=0", 400 },
        { $"{Sgx}tcb?fmspc=00606A000000&tcbEvaluationDataNumber=17&update=early", 400 },
        { $"{Sgx}tcb?fmspc=%2e%2e%2f%2e%2e%2f", 400 },
        { $"{Sgx}tcb?fmspc=00606A000000%", 400 },
        { $"{Sgx}tcb?fmspc=00606A000000%zz", 400 },
        { $"{Sgx}tcb?fmspc=00606A000000%00", 400 },
        { $"{Sgx}tcb?fmspc=%ff%ff", 400 },
        { $"{Sgx}tcb?{string.Join('&', Enumerable.Range(0, 40).Select(i => $"p{i}=1"))}&fmspc=00606A000000", 400 },
        { $"{Sgx}pckcert?qeid={new string('a', 261)}&cpusvn={new string('0', 32)}&pcesvn=0000&pceid=0000", 400 },
        { $"{Sgx}pckcert?qeid=..%2f..%2fx&cpusvn={new string('0', 32)}&pcesvn=0000&pceid=0000", 400 },
        { $"{Sgx}pckcert?qeid=ab&cpusvn={new string('0', 31)}&pcesvn=0000&pceid=0000", 400 },
        { $"{Sgx}pckcert?qeid=ab&cpusvn={new string('0', 32)}&pcesvn=0000&pceid=0000&encrypted_ppid=ab", 400 },
        { $"{Sgx}pckcert?qeid={new string('a', 260)}&cpusvn={new string('0', 32)}&pcesvn=0000&pceid=0000", 461 },
        { $"{Sgx}pckcrl?ca=root", 400 },
        { $"{Sgx}pckcrl?ca=platform&encoding=xml", 400 },
        { $"{Sgx}crl", 400 },
        { $"{Sgx}crl?uri=http%3A%2F%2F169.254.169.254%2Fmetadata", 400 },
        { $"{Sgx}crl?uri=https%3A%2F%2Fcertificates.trustedservices.intel.com.evil.example%2FIntelSGXRootCA.der", 400 },
        { $"{Sgx}crl?uri=https%3A%2F%2Fcertificates.trustedservices.intel.com%2F..%2FIntelSGXRootCA.der", 400 },
        { $"{Sgx}crl?uri=https%3A%2F%2Fapi.trustedservices.intel.com%2Fsgx%2Fcertification%2Fv4%2Fpckcrl%3Fca%3Dplatform%26x%3Dy", 400 },
        { $"{Sgx}crl?uri={new string('a', 4000)}", 400 },
        { $"{Sgx}tcb?fmspc={new string('0', 14_000)}", 400 },
        { $"{Sgx}tcb?fmspc={new string('0', 40_000)}", 414 },
        { $"{Sgx}../../../etc/passwd", 404 },
        { $"{Sgx}%2e%2e/%2e%2e/etc/passwd", 404 },
        { $"{Sgx}TCB?fmspc=00606A000000", 404 },
        { "/sgx/certification/v5/tcb?fmspc=00606A000000", 404 },
        { "/tdx/certification/v3/tcb?fmspc=00606A000000", 404 },
        { $"{Tdx}pckcert", 404 },
        { $"{Sgx}tcb/", 404 },
        { "/", 404 },
        { "/favicon.ico", 404 },
    };

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task IsRefused_BeforeAnybodyIsAsked(string target, int status)
    {
        await using var pccs = await StartAsync();

        var refused = await pccs.GetAsync(target);

        Assert.Equal(status, refused.Status);
        Assert.Empty(pccs.Upstream.Requests);
        Assert.DoesNotContain("   at ", refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(pccs.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("{", 400)]
    [InlineData("null", 400)]
    [InlineData("[{}]", 400)]
    [InlineData("{\"qe_id\":\"ab\",\"qe_id\":\"cd\",\"pce_id\":\"0000\"}", 400)]
    [InlineData("{\"qe_id\":[\"ab\"],\"pce_id\":\"0000\"}", 400)]
    [InlineData("{\"qe_id\":\"../../etc\",\"pce_id\":\"0000\"}", 400)]
    [InlineData("{\"qe_id\":\"ab\",\"pce_id\":\"000\"}", 400)]
    [InlineData("{\"qe_id\":\"ab\",\"pce_id\":\"0000\",\"cpu_svn\":\"12\"}", 400)]
    [InlineData("{\"qe_id\":\"ab\",\"pce_id\":\"0000\",\"enc_ppid\":\"zz\"}", 400)]
    [InlineData("{\"qe_id\":\"ab\",\"pce_id\":\"0000\",\"platform_manifest\":\"abc\"}", 400)]
    [InlineData("{\"qe_id\":\"\\ud800\",\"pce_id\":\"0000\"}", 400)]
    [InlineData("{\"qe_id\":\"ab\",\"pce_id\":\"0000\"}", 404)]
    public async Task ARegistration_OfAnotherForm_IsRefused(string body, int status)
    {
        await using var pccs = await StartAsync();

        var refused = await RawHttp.SendAsync(
            pccs.Address, "POST", $"{Sgx}platforms", Encoding.UTF8.GetBytes(body), $"user-token: {UserToken}");

        Assert.Equal(status, refused.Status);
        Assert.DoesNotContain("Exception", refused.Text, StringComparison.Ordinal);
        Assert.Empty(pccs.Upstream.Requests);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(pccs.StorePath, "platforms")));
    }

    [Fact]
    public async Task ABodyThatNestsDeeply_IsRefused()
    {
        await using var pccs = await StartAsync();
        var deep = Encoding.UTF8.GetBytes(new string('[', 100_000));

        Assert.Equal(400, (await pccs.AdminAsync("PUT", $"{Sgx}platformcollateral", deep)).Status);
        Assert.Equal(400, (await RawHttp.SendAsync(pccs.Address, "POST", $"{Sgx}platforms", deep, $"user-token: {UserToken}")).Status);
    }

    [Fact]
    public async Task ABodyBeyondTheLimit_IsRefused_AnnouncedOrNot()
    {
        await using var pccs = await StartAsync();
        Assert.Equal(413, (await pccs.AdminAsync("PUT", $"{Sgx}platformcollateral", new byte[(2 * 1024 * 1024) + 1])).Status);

        using var http = new RawHttp(pccs.Address);
        await http.WriteAsync(Encoding.ASCII.GetBytes(
            $"PUT {Sgx}platformcollateral HTTP/1.1\r\nHost: x\r\nadmin-token: {PccsFixture.AdminToken}\r\nTransfer-Encoding: chunked\r\n\r\n"));
        for (var i = 0; i < 40; i++)
        {
            await http.WriteAsync([.. "10000\r\n"u8, .. new byte[0x10000], .. "\r\n"u8]);
        }

        Assert.Equal(413, (await http.ReadAsync()).Status);
    }

    [Fact]
    public async Task AChunkOfImpossibleSize_IsTheClientsFault_AndNotTheStores()
    {
        await using var pccs = await StartAsync();
        using var http = new RawHttp(pccs.Address);
        await http.WriteAsync(Encoding.ASCII.GetBytes(
            $"PUT {Sgx}platformcollateral HTTP/1.1\r\nHost: x\r\nadmin-token: {PccsFixture.AdminToken}\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "ffffffffffffffff\r\n"));

        Assert.Equal(400, (await http.ReadAsync()).Status);
    }

    [Fact]
    public async Task ABodyThatDoesNotArrive_IsGivenUp()
    {
        await using var pccs = await StartAsync();
        using var http = new RawHttp(pccs.Address);
        await http.WriteAsync(Encoding.ASCII.GetBytes(
            $"PUT {Sgx}platformcollateral HTTP/1.1\r\nHost: x\r\nadmin-token: {PccsFixture.AdminToken}\r\nContent-Length: 1000\r\n\r\n{{"));
        var answer = http.ReadAsync();
        while (!answer.IsCompleted)
        {
            pccs.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(408, (await answer).Status);
    }

    [Theory]
    [InlineData("GET /sgx/certification/v4/tcb HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")]
    [InlineData("GET /sgx/certification/v4/%00tcb HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("BREW tcb\r\n\r\n")]
    public async Task ARequestThatIsNoHttp_IsRefused(string request)
    {
        await using var pccs = await StartAsync();
        using var http = new RawHttp(pccs.Address);

        await http.WriteAsync(Encoding.Latin1.GetBytes(request));

        Assert.Equal(400, (await http.ReadAsync()).Status);
    }

    [Fact]
    public async Task ADamagedRegistration_DoesNotHideTheOthers()
    {
        await using var pccs = await StartAsync(CollateralMode.Offline);
        await pccs.RegisterAsync(Registration());
        await System.IO.File.WriteAllTextAsync(Path.Combine(pccs.StorePath, "registrations", "reg-0000.json"), "{ broken");

        Assert.Equal("1", (await pccs.AdminAsync("GET", $"{Sgx}platforms"))["platform-count"]);
        Assert.Contains(pccs.Log, line => line.Contains("3523", StringComparison.Ordinal));
    }
}
