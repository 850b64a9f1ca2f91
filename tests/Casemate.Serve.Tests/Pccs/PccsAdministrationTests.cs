using System.Text;
using System.Text.Json.Nodes;
using Casemate.Attestation;
using Casemate.Collateral.Pccs;
using Casemate.Collateral.Store;
using Casemate.Serve.Pccs;
using Casemate.Testing.Attestation;
using static Casemate.Serve.Tests.Pccs.PccsFixture;

namespace Casemate.Serve.Tests.Pccs;

/// <summary>What an administrator does with a PCCS.</summary>
public sealed class PccsAdministrationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnUpload_MakesAnOfflineServiceAnswerEverything(bool indented)
    {
        await using var pccs = await StartAsync(CollateralMode.Offline);
        await pccs.RegisterAsync(Registration());

        var imported = await pccs.ImportAsync(pccs.Upload(), indented);

        Assert.True(imported.Status == 200, imported.Text);
        await pccs.RestartAsync(CollateralMode.Offline);
        Assert.Equal(200, (await pccs.GetAsync(PckCert())).Status);
        Assert.Equal(Machine.TcbInfo(Tee.Sgx, pccs.Time.GetUtcNow()).Body, (await pccs.GetAsync($"{Sgx}tcb?fmspc={Machine.Fmspc}")).Body);
        Assert.Equal(Machine.QeIdentity(Tee.Tdx, pccs.Time.GetUtcNow()).Body, (await pccs.GetAsync($"{Tdx}qe/identity")).Body);
        Assert.Equal(200, (await pccs.GetAsync($"{Sgx}rootcacrl")).Status);
        Assert.Equal(200, (await pccs.GetAsync($"{Sgx}pckcrl?ca=processor")).Status);
        Assert.Equal("0", (await pccs.AdminAsync("GET", $"{Sgx}platforms"))["platform-count"]);
        Assert.Equal("1", (await pccs.AdminAsync("GET", $"{Sgx}platforms?source=[{Machine.Fmspc}]"))["platform-count"]);
        Assert.Equal("0", (await pccs.AdminAsync("GET", $"{Sgx}platforms?source=[000000000000]"))["platform-count"]);
    }

    [Fact]
    public async Task AnExportOfOneService_MakesAnotherOneAnswer_ByteByByte()
    {
        await using var first = await StartAsync();
        var asked = (string[])
        [
            PckCert(), $"{Sgx}tcb?fmspc={Machine.Fmspc}", $"{Sgx}tcb?fmspc={Machine.Fmspc}&update=early",
            $"{Tdx}tcb?fmspc={Machine.Fmspc}", $"{Sgx}qe/identity", $"{Tdx}qe/identity", $"{Sgx}qve/identity", $"{Sgx}rootcacrl",
            $"{Sgx}pckcrl?ca=platform", $"{Sgx}pckcrl?ca=processor",
        ];
        var answers = new List<RawResponse>();
        foreach (var target in asked)
        {
            answers.Add(await first.GetAsync(target));
        }

        Assert.Equal(200, (await first.GetAsync($"{Sgx}tcbevaluationdatanumbers")).Status);
        var upload = await ExportAsync(first);
        await using var second = await StartAsync(CollateralMode.Offline);

        var imported = await second.AdminAsync("PUT", $"{Sgx}platformcollateral", upload);

        Assert.True(imported.Status == 200, imported.Text);
        await second.RestartAsync(CollateralMode.Offline);
        foreach (var (target, answer) in asked.Zip(answers))
        {
            var again = await second.GetAsync(target.Replace(Machine.EncryptedPpid, "", StringComparison.Ordinal));
            Assert.True(again.Status == 200 && again.Body.AsSpan().SequenceEqual(answer.Body), $"{target}: {again.Status} {again.Text}");
        }

        static async Task<byte[]> ExportAsync(PccsFixture pccs)
        {
            var store = DirectoryCollateralStore.Open(pccs.StorePath, pccs.Time.GetUtcNow());
            var pieces = new List<StoredCollateral>();
            foreach (var key in await store.ListAsync(default))
            {
                pieces.Add((await store.ReadAsync(key, default)).Collateral!);
            }

            var json = PlatformCollateral.Write(pieces, await store.ListPlatformsAsync(default), out var leftOut);
            Assert.Equal([CollateralKey.TcbEvaluationNumbers(Tee.Sgx)], leftOut);
            return json;
        }
    }

    [Fact]
    public async Task AnUpload_ThatTheDiskHasNoRoomFor_ChangesNothing()
    {
        await using var pccs = await StartAsync(CollateralMode.Offline);
        await pccs.RegisterAsync(Registration());

        // A plain file where the transaction needs a directory: whatever stands in its way, nothing of the upload may be kept.
        Directory.Delete(Path.Combine(pccs.StorePath, "qve-identity"));
        await File.WriteAllTextAsync(Path.Combine(pccs.StorePath, "qve-identity"), "in the way", TestContext.Current.CancellationToken);

        var refused = await pccs.ImportAsync(pccs.Upload());

        Assert.Equal(500, refused.Status);
        Assert.Contains("Nothing was stored", refused.Text, StringComparison.Ordinal);
        Assert.Equal(404, (await pccs.GetAsync($"{Sgx}qe/identity")).Status);
        Assert.Equal(404, (await pccs.GetAsync($"{Sgx}tcb?fmspc={Machine.Fmspc}")).Status);
        Assert.Equal(461, (await pccs.GetAsync(PckCert())).Status);
        Assert.Equal("1", (await pccs.AdminAsync("GET", $"{Sgx}platforms"))["platform-count"]);
    }

    [Theory]
    [InlineData("qveidentity", "qveidentity")]
    [InlineData("tcbinfos", "tcbinfos[0].sgx_tcbinfo")]
    [InlineData("platformCrl", "platformCrl")]
    [InlineData("certs", "pck_certs[0].certs")]
    public async Task AnUpload_WithOneWrongDocument_ChangesNothing_AndNamesIt(string wrong, string named)
    {
        await using var pccs = await StartAsync(CollateralMode.Offline);
        var upload = pccs.Upload();
        var collaterals = upload["collaterals"]!;
        var other = SimulatedHardware.Other.Platform.Dcap.Provisioning;
        switch (wrong)
        {
            case "qveidentity":
                collaterals["qveidentity"] = collaterals["qeidentity"]!.GetValue<string>();
                break;
            case "tcbinfos":
                collaterals["tcbinfos"]![0]!["sgx_tcbinfo"]!["tcbInfo"]!["tcbEvaluationDataNumber"] = 9999;
                break;
            case "platformCrl":
                collaterals["pckcacrl"]!["platformCrl"] = Convert.ToHexString(other.PckCrl(true, pccs.Time.GetUtcNow()).Body);
                break;
            default:
                collaterals["pck_certs"]![0]!["certs"] = JsonNode.Parse(other.PckCertificates().Body);
                break;
        }

        var refused = await pccs.ImportAsync(upload);

        Assert.Equal(460, refused.Status);
        Assert.Contains(named, refused.Text, StringComparison.Ordinal);
        Assert.Equal(404, (await pccs.GetAsync($"{Sgx}qe/identity")).Status);
        Assert.Equal(404, (await pccs.GetAsync($"{Sgx}rootcacrl")).Status);
        Assert.DoesNotContain(
            Directory.EnumerateFiles(pccs.StorePath, "*", SearchOption.AllDirectories), file =>
                !file.Contains("platforms", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AnUpload_PastItsEnd_IsRefused()
    {
        await using var pccs = await StartAsync(CollateralMode.Offline);
        var upload = pccs.Upload();
        pccs.Time.Advance(TimeSpan.FromDays(60));

        var refused = await pccs.ImportAsync(upload);

        Assert.Equal(460, refused.Status);
        Assert.Contains("past its end", refused.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "collaterals")]
    [InlineData("[]", "object")]
    [InlineData("{\"collaterals\":{\"tcbinfos\":{}}}", "tcbinfos")]
    [InlineData("{\"collaterals\":{\"tcbinfos\":[{\"fmspc\":\"xyz\"}]}}", "tcbinfos[0]")]
    [InlineData("{\"collaterals\":{\"rootcacrl\":\"nothex\"}}", "rootcacrl")]
    [InlineData("{\"collaterals\":{},\"collaterals\":{}}", "twice")]
    [InlineData("{\"platforms\":[{\"qe_id\":\"../../x\"}],\"collaterals\":{}}", "platforms[0]")]
    public async Task AnUpload_OfAnotherForm_IsRefused_WithTheReason(string body, string reason)
    {
        await using var pccs = await StartAsync(CollateralMode.Offline);

        var refused = await pccs.AdminAsync("PUT", $"{Sgx}platformcollateral", Encoding.UTF8.GetBytes(body));

        Assert.Equal(400, refused.Status);
        Assert.Contains(reason, refused.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "platforms", "user-token")]
    [InlineData("GET", "platforms", "admin-token")]
    [InlineData("PUT", "platformcollateral", "admin-token")]
    [InlineData("POST", "refresh", "admin-token")]
    [InlineData("GET", "refresh", "admin-token")]
    [InlineData("PUT", "appraisalpolicy", "admin-token")]
    public async Task WithoutItsToken_NobodyGetsIn(string method, string route, string header)
    {
        await using var pccs = await StartAsync();
        var wrong = header == "user-token" ? PccsFixture.AdminToken : UserToken;
        foreach (var headers in (string[][])[[], [$"{header}: {wrong}"], [$"{header}:"], [$"{header}: {Hash(wrong)}"]])
        {
            var refused = await RawHttp.SendAsync(pccs.Address, method, Sgx + route, [], headers);
            Assert.Equal(401, refused.Status);
            Assert.Contains(header, refused.Text, StringComparison.Ordinal);
        }

        await pccs.RestartAsync(CollateralMode.Lazy, options => options with { UserTokenHash = null, AdminTokenHash = null });
        var right = header == "user-token" ? UserToken : PccsFixture.AdminToken;
        Assert.Equal(401, (await RawHttp.SendAsync(pccs.Address, method, Sgx + route, [], $"{header}: {right}")).Status);
    }

    [Fact]
    public async Task ARefresh_AsksAgain_ForEverythingOrForCertificatesAlone()
    {
        await using var pccs = await StartAsync();
        await pccs.GetAsync(PckCert());
        await pccs.GetAsync($"{Sgx}qe/identity");
        var before = pccs.Upstream.Requests.Count;

        Assert.Equal(200, (await pccs.AdminAsync("POST", $"{Sgx}refresh?type=certs&fmspc=")).Status);
        Assert.All(pccs.Upstream.Requests.Skip(before), request => Assert.Contains("pckcert", request, StringComparison.Ordinal));
        Assert.True(pccs.Upstream.Requests.Count > before);
        Assert.Equal(200, (await pccs.AdminAsync("GET", $"{Sgx}refresh")).Status);
        Assert.Contains(pccs.Upstream.Requests.Skip(before), request => request.Contains("qe/identity", StringComparison.Ordinal));
        Assert.Equal(400, (await pccs.AdminAsync("POST", $"{Sgx}refresh?type=all")).Status);
        Assert.Equal(400, (await pccs.AdminAsync("POST", $"{Sgx}refresh?type=certs&fmspc=zz")).Status);
        await pccs.RestartAsync(CollateralMode.Offline);
        Assert.Equal(503, (await pccs.AdminAsync("POST", $"{Sgx}refresh")).Status);
    }

    [Fact]
    public async Task KeepsAppraisalPolicies_ByPlatformFamily()
    {
        await using var pccs = await StartAsync();
        static byte[] Policy(string text) => Encoding.UTF8.GetBytes($$"""{"is_default":true,"fmspc":"00606A000000","policy":"{{text}}"}""");

        Assert.Equal(404, (await pccs.GetAsync($"{Sgx}appraisalpolicy?fmspc=00606a000000")).Status);
        Assert.Equal(200, (await pccs.AdminAsync("PUT", $"{Sgx}appraisalpolicy", Policy("first"))).Status);
        Assert.Equal(200, (await pccs.AdminAsync("PUT", $"{Sgx}appraisalpolicy", Policy("second"))).Status);
        await pccs.RestartAsync(CollateralMode.Lazy);

        Assert.Equal("second", (await pccs.GetAsync($"{Sgx}appraisalpolicy?fmspc=00606a000000")).Text);
        Assert.Equal(400, (await pccs.GetAsync($"{Sgx}appraisalpolicy?fmspc=../../../x")).Status);
        Assert.Equal(400, (await pccs.AdminAsync("PUT", $"{Sgx}appraisalpolicy", "{\"is_default\":1}"u8.ToArray())).Status);
    }
}
