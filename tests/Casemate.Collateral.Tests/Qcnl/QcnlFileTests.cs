using System.Text;
using Casemate.Collateral.Qcnl;

namespace Casemate.Collateral.Tests.Qcnl;

/// <summary>The configuration file of Intel's quote provider library: what is taken from it, and what its owner is told.</summary>
public sealed class QcnlFileTests
{
    private const string Usual = """
        {
          // the collateral service of this cluster
          "pccs_url": "https://collateral.casemate.svc:8081/sgx/certification/v4/"
          ,"use_secure_cert": true
          /* another source for verification */
          ,"collateral_service": "https://api.trustedservices.intel.com/sgx/certification/v4/"
          ,"pccs_api_version": "3.1", "tcb_update_type": "early"
          ,"retry_times": 6, "retry_delay": 10
          ,"local_pck_url": "http://169.254.169.254/metadata/THIM/sgx/certification/v4/"
          ,"verify_collateral_cache_expire_hours": 48
          ,"local_cache_only": false
          ,"custom_request_options": { "get_cert": {
              "headers": { "metadata": "true" },
              "params": { "api-version": "2021-07-22-preview" } } }
        }
        """;

    [Fact]
    public void Takes_EveryKey_OfAFileWithComments()
    {
        var reading = Read(Usual);

        Assert.Empty(reading.Findings);
        var found = reading.Configuration!;
        Assert.Equal("https://collateral.casemate.svc:8081/sgx/certification/v4/", found.PccsUrl);
        Assert.True(found.UseSecureCert);
        Assert.Equal("https://api.trustedservices.intel.com/sgx/certification/v4/", found.CollateralService);
        Assert.Equal(("3.1", "early"), (found.PccsApiVersion, found.TcbUpdateType));
        Assert.Equal((6, 10), (found.RetryTimes, found.RetryDelay));
        Assert.Equal("http://169.254.169.254/metadata/THIM/sgx/certification/v4/", found.LocalPckUrl);
        Assert.Equal((null, 48), (found.PckCacheExpireHours, found.VerifyCollateralCacheExpireHours));
        Assert.False(found.LocalCacheOnly);
        Assert.Equal([new("metadata", "true")], found.GetCertHeaders);
        Assert.Equal([new("api-version", "2021-07-22-preview")], found.GetCertParameters);
    }

    [Fact]
    public void Writes_WhatItReadsAgain()
    {
        var found = Read(Usual).Configuration!;

        var again = QcnlFile.Read(found.Write());

        Assert.Empty(again.Findings);
        Assert.Equal(found.GetCertHeaders, again.Configuration!.GetCertHeaders);
        Assert.Equal(found.GetCertParameters, again.Configuration.GetCertParameters);
        Assert.Equal(
            found with { GetCertHeaders = [], GetCertParameters = [] }, again.Configuration with
            {
                GetCertHeaders =
                [],
                GetCertParameters = []
            });
        Assert.Equal(found.Write(), again.Configuration.Write());
    }

    [Theory]
    [InlineData("{\n\"pccs_url\": \"https://h/sgx/certification/v4/\",\n\"PCCS_URL\": \"x\"}", 3, "PCCS_URL", "did you mean 'pccs_url'")]
    [InlineData("{\n\"pccs_url\": \"https://h/sgx/certification/v4/\",\n\"use_secure_crt\": true}", 3, "use_secure_crt",
        "'use_secure_cert'")]
    [InlineData("{\n\"pccs_url\": \"https://h/sgx/certification/v4/\",\n\"use_secure_cert\": \"false\"}", 3, "use_secure_cert",
        "quotation marks")]
    [InlineData("{\n\"pccs_url\": \"https://h/sgx/certification/v4/\",\n\"use_secure_cert\": false}", 3, "use_secure_cert",
        "accepts any certificate")]
    [InlineData("{\n\"pccs_url\": \"https://h/sgx/certification/v4/\",\n\n\"retry_times\": \"6\"}", 4, "retry_times", "whole number")]
    [InlineData("{\n\"pccs_url\": \"https://h/sgx/certification/v4/\",\n\"retry_times\": -1}", 3, "retry_times", "whole number")]
    [InlineData("{\n\"pccs_url\": 5}", 2, "pccs_url", "not a string")]
    [InlineData("{\n\"pccs_url\": \"collateral:8081\"}", 2, "pccs_url", "no address")]
    [InlineData("{\n\"pccs_url\": \"https://h:8081/\"}", 2, "pccs_url", "/sgx/certification/v4/")]
    [InlineData("{\n\"pccs_url\": \"https://h/sgx/certification/v4/\",\n\"tcb_update_type\": \"Early\"}", 3, "tcb_update_type",
        "lower case")]
    [InlineData("{\n\"pccs_url\": \"https://h/sgx/certification/v4/\",\n\"pccs_api_version\": \"4\"}", 3, "pccs_api_version", "3.1")]
    [InlineData("{\"pccs_url\": \"https://h/sgx/certification/v4/\",\n\"pccs_url\": \"https://i/sgx/certification/v4/\"}", 2, "pccs_url",
        "twice")]
    [InlineData("{\"pccs_url\": \"https://h/sgx/certification/v4/\",\n\"custom_request_options\": {\"x\": 1}}", 2,
        "custom_request_options", "get_cert")]
    public void Names_TheLine_OfAnError(string text, int line, string key, string message)
    {
        var finding = Assert.Single(Read(text).Findings, f => f.IsError);

        Assert.Equal((line, key), (finding.Line, finding.Key));
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
        Assert.StartsWith($"line {line}: error: {key}: ", finding.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"pccs_url\": \"https://localhost:8081/sgx/certification/v4/\"}", "pccs_url")]
    [InlineData("{\"pccs_url\": \"http://h:8081/sgx/certification/v4/\"}", "pccs_url")]
    [InlineData("{\"pccs_url\": \"https://h:8081/sgx/certification/v3/\"}", "pccs_url")]
    [InlineData("{}", "pccs_url")]
    [InlineData("{\"pccs_url\": \"https://h/sgx/certification/v4/\", \"retry_delay\": 3}", "retry_delay")]
    public void Advises_WhereItWorks_ButNotWell(string text, string key)
    {
        var reading = Read(text);

        Assert.False(reading.HasErrors);
        Assert.Equal(key, Assert.Single(reading.Findings).Key);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("[]", 1)]
    [InlineData("{\n\"pccs_url\": https://h}", 2)]
    [InlineData("{\n\n\"pccs_url\": \"x\"", 3)]
    [InlineData("{} {}", 1)]
    [InlineData("# PCCS server address\nPCCS_URL=https://localhost:8081/sgx/certification/v4/\n", 1)]
    public void Tells_WhereAFileIsNoConfiguration(string text, int line)
    {
        var reading = Read(text);

        Assert.Null(reading.Configuration);
        Assert.True(reading.HasErrors);
        Assert.Equal(line, Assert.Single(reading.Findings).Line);
    }

    [Fact]
    public void Refuses_WhatIsNoText_AndWhatIsTooLong()
    {
        Assert.True(QcnlFile.Read([0x7B, 0xFF, 0xFE]).HasErrors);
        Assert.True(QcnlFile.Read(new byte[QcnlFile.MaximumBytes + 1]).HasErrors);
        Assert.True(Read("{\"\\ud800\": 1}").HasErrors);
    }

    private static QcnlReading Read(string text) => QcnlFile.Read(Encoding.UTF8.GetBytes(text));
}
