using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Attestation.Azure;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Azure;

/// <summary>The JSON that a hardware report vouches for on Azure.</summary>
public sealed class HclRuntimeDataTests
{
    [Fact]
    public void Reads_RealRuntimeData()
    {
        Assert.True(HclReport.TryRead(CorpusCase.Get("azure-hcl-milan-vtpm").File("hcl-report.bin"), out var report, out _));

        Assert.True(HclRuntimeData.TryRead(report.RuntimeData, out var data, out var error), error);

        Assert.Equal(256, data.AttestationKeyModulus.Length);
        Assert.Equal([1, 0, 1], data.AttestationKeyExponent.ToArray());
        Assert.True(data.SecureBoot);
        Assert.True(data.TpmEnabled);
        Assert.True(data.ConsoleEnabled);
        Assert.Equal("911B0EF8-9DBA-48B0-B275-4E4DF2D39252", data.VmUniqueId);
        Assert.Equal(new byte[64], data.UserData!.Value.ToArray());
    }

    [Fact]
    public void Reads_UserData_WhereThereIsOne()
    {
        var withUserData = Read(AzureVm.RuntimeDataOf(Convert.ToHexString(AzureVm.NonceAsReportData)));
        Assert.Equal(AzureVm.NonceAsReportData, withUserData.UserData!.Value.ToArray());
        Assert.Null(Read(AzureVm.RuntimeDataOf("")).UserData);
        Assert.Null(Read(AzureVm.RuntimeDataOf(null)).UserData);
    }

    [Fact]
    public void LeavesOut_SettingsOfAnotherType()
    {
        var data = Read(Encoding.UTF8.GetBytes(
            Changed(json => json["vm-configuration"] = new JsonObject { ["secure-boot"] = "yes", ["vmUniqueId"] = 1 })));

        Assert.Null(data.SecureBoot);
        Assert.Null(data.TpmEnabled);
        Assert.Null(data.VmUniqueId);
        Assert.Null(Read(Encoding.UTF8.GetBytes(Changed(json => json["vm-configuration"] = 7))).ConsoleEnabled);
    }

    [Fact]
    public void Refuses_RuntimeDataWithoutExactlyOneKeyOfTheTpm()
    {
        AssertRefused("not an array", Changed(json => json.Remove("keys")));
        AssertRefused("not an array", Changed(json => json["keys"] = new JsonObject()));
        AssertRefused("not an array", "[]");
        AssertRefused("no key is named 'HCLAkPub'", Changed(json => json["keys"]![0]!["kid"] = "HCLAkPub2"));
        AssertRefused("two keys are named 'HCLAkPub'", Changed(json => json["keys"]![1]!["kid"] = "HCLAkPub"));
        AssertRefused("with a text 'kid'", Changed(json => json["keys"]![1]!["kid"] = 1));
        AssertRefused("with a text 'kid'", Changed(json => json["keys"]![1] = "HCLAkPub"));
        var many = Enumerable.Range(0, 9).Select(_ => new JsonObject { ["kid"] = "x" });
        AssertRefused("at most 8 keys", Changed(json => json["keys"] = new JsonArray([.. many])));
    }

    [Fact]
    public void Refuses_KeysThatAreNotWhatTheTpmHas()
    {
        using var small = RSA.Create(1024);
        AssertRefused("HCLAkPub", Encoding.UTF8.GetString(AzureVm.RuntimeDataOf(null, small)));
        AssertRefused("HCLAkPub", Changed(json => json["keys"]![0]!["kty"] = "EC"));
        AssertRefused("HCLAkPub", Changed(json => json["keys"]![0]!.AsObject().Remove("n")));
        AssertRefused("HCLAkPub", Changed(json => json["keys"]![0]!["n"] = "AAAA" + json["keys"]![0]!["n"]));
        AssertRefused("HCLAkPub", Changed(json => json["keys"]![0]!["e"] = "AA"));
        AssertRefused("HCLAkPub", Changed(json => json["keys"]![0]!["e"] = "AQAA"));
        AssertRefused("not an RSA key", Changed(json => json["keys"]![0] = JsonNode.Parse(
            """
            {"kid":"HCLAkPub","kty":"EC","crv":"P-256",
            "x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}
            """)));
    }

    [Theory]
    [InlineData("00")]
    [InlineData("zz")]
    [InlineData("7")]
    public void Refuses_UserDataOfAnotherForm(string userData) =>
        AssertRefused("'user-data' is not 64 bytes of hex", Encoding.UTF8.GetString(AzureVm.RuntimeDataOf(userData)));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("{\"keys\":[],\"keys\":[]}")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]")]
    public void Refuses_WhatIsNotStrictJson(string json) => AssertRefused("", json);

    private static HclRuntimeData Read(byte[] json)
    {
        Assert.True(HclRuntimeData.TryRead(json, out var data, out var error), error);
        return data;
    }

    private static string Changed(Action<JsonObject> change)
    {
        var json = JsonNode.Parse(AzureVm.RuntimeDataOf(null))!.AsObject();
        change(json);
        return json.ToJsonString();
    }

    private static void AssertRefused(string why, string json)
    {
        Assert.False(HclRuntimeData.TryRead(Encoding.UTF8.GetBytes(json), out var data, out var error));
        Assert.Null(data);
        Assert.NotEmpty(error);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }
}
