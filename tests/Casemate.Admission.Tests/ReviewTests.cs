using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Admission.Tests;

/// <summary>Reviews as the API server sends them, byte for byte.</summary>
public sealed class ReviewTests : IDisposable
{
    private const string Uid = "705ab4f5-6393-11e8-b7cc-42010a800002";
    private const string Asking = """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"app","resources":{"limits":{"sgx.intel.com/epc":"10"}}}]}}""";
    private const string Ordinary = """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"app","image":"web"}]}}""";

    private readonly AdmissionMetrics _metrics = new();

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task AllowsAnOrdinaryPod_WithNothingElse()
    {
        var (outcome, answer) = await AskAsync(Review(Ordinary));

        Assert.Equal(ReviewOutcome.Untouched, outcome);
        Assert.Equal($$$"""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"{{{Uid}}}","allowed":true}}""", answer);
    }

    [Fact]
    public async Task GivesThePatch_WarningsAndAuditAnnotations()
    {
        var (outcome, answer) = await AskAsync(Review(Asking));
        var response = JsonNode.Parse(answer)!["response"]!;

        Assert.Equal(ReviewOutcome.Changed, outcome);
        Assert.Equal(Uid, response["uid"]!.GetValue<string>());
        Assert.True(response["allowed"]!.GetValue<bool>());
        Assert.Equal("JSONPatch", response["patchType"]!.GetValue<string>());
        var after = JsonPatch.Apply(
            JsonNode.Parse(Asking)!, Encoding.UTF8.GetString(Convert.FromBase64String(response["patch"]!.GetValue<string>())));
        Assert.Equal("1", after["spec"]!["containers"]![0]!["resources"]!["limits"]!["sgx.intel.com/enclave"]!.GetValue<string>());
        Assert.StartsWith("AmountInBytes: spec.containers[0]", Assert.Single(response["warnings"]!.AsArray())!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains("EnclaveAdded", response["auditAnnotations"]!["changes"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("AmountInBytes", response["auditAnnotations"]!["findings"]!.GetValue<string>());
    }

    [Fact]
    public async Task Refuses_WithAllReasons()
    {
        var pod = Asking.Replace("\"10\"", "\"10Mi\",\"openenclave.io/sgx_epc_MiB\":\"11\"", StringComparison.Ordinal);
        var (outcome, answer) = await AskAsync(Review(pod));
        var response = JsonNode.Parse(answer)!["response"]!;

        Assert.Equal(ReviewOutcome.Refused, outcome);
        Assert.False(response["allowed"]!.GetValue<bool>());
        Assert.Equal(403, response["status"]!["code"]!.GetValue<int>());
        Assert.StartsWith("AmountsDiffer: ", response["status"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Null(response["patch"]);
    }

    [Fact]
    public async Task ChangesNothing_WhereItIsAskedWhetherThePodMayBeMade()
    {
        var (outcome, answer) = await AskAsync(Review(Asking), ReviewEndpoint.Validate);
        var response = JsonNode.Parse(answer)!["response"]!;

        Assert.Equal(ReviewOutcome.Complete, outcome);
        Assert.True(response["allowed"]!.GetValue<bool>());
        Assert.Null(response["patch"]);
        Assert.Null(response["warnings"]);
    }

    [Theory]
    [InlineData(Asking)]
    [InlineData("""{"spec":{"containers":[{"name":"a","resources":{"limits":{"sgx.intel.com/epc":"1Mi","openenclave.io/sgx_epc_MiB":"2"}}}]}}""")]
    public async Task OnlyReports_WhenAuditing(string pod)
    {
        var (_, answer) = await AskAsync(Review(pod), settings: new AdmissionSettings { AuditOnly = true });
        var response = JsonNode.Parse(answer)!["response"]!;

        Assert.True(response["allowed"]!.GetValue<bool>());
        Assert.Null(response["patch"]);
        Assert.Null(response["warnings"]);
        Assert.NotNull(response["auditAnnotations"]!["would-change"] ?? response["auditAnnotations"]!["would-refuse"]);
    }

    [Fact]
    public async Task OnlyWarns_OfAnEphemeralContainer()
    {
        var pod = """{"spec":{"containers":[{"name":"a","resources":{"limits":{"sgx.intel.com/epc":"1Mi"}}}],"ephemeralContainers":[{"name":"d","resources":{"limits":{"sgx.intel.com/epc":"1Mi"}}}]}}""";
        var (outcome, answer) = await AskAsync(Review(pod, "UPDATE", "\"subResource\":\"ephemeralcontainers\","));

        Assert.Equal(ReviewOutcome.Complete, outcome);
        Assert.Null(JsonNode.Parse(answer)!["response"]!["patch"]);
        Assert.Single(JsonNode.Parse(answer)!["response"]!["warnings"]!.AsArray());
    }

    [Theory]
    [InlineData("UPDATE", "pods")]
    [InlineData("DELETE", "pods")]
    [InlineData("CREATE", "services")]
    public async Task LeavesEverythingElse_Untouched(string operation, string resource)
    {
        var review = Review(Asking, operation).Replace("\"resource\":\"pods\"", $"\"resource\":\"{resource}\"", StringComparison.Ordinal);

        Assert.Equal(ReviewOutcome.Untouched, (await AskAsync(review)).Outcome);
    }

    [Fact]
    public async Task CutsWarnings_ToWhatTheApiServerPassesOn()
    {
        var containers = string.Join(",", Enumerable.Range(0, 40).Select(i =>
            $$$$"""{"name":"c{{{{i}}}}","resources":{"limits":{"sgx.intel.com/{{{{new string('x', 300)}}}}sgx{{{{i}}}}":"1"}}}"""));
        var (_, answer) = await AskAsync(Review($$$"""{"spec":{"containers":[{{{containers}}}]}}"""));
        var warnings = JsonNode.Parse(answer)!["response"]!["warnings"]!.AsArray().Select(warning => warning!.GetValue<string>()).ToList();

        Assert.All(warnings, warning => Assert.InRange(Encoding.UTF8.GetByteCount(warning), 1, 256));
        Assert.InRange(warnings.Sum(Encoding.UTF8.GetByteCount), 2048, 4096);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task MakesClaimTemplates_UnlessItIsADryRun(bool dryRun, int made)
    {
        var templates = new RecordedTemplates();
        var (outcome, _) = await AskAsync(
            Review(Asking, more: dryRun ? "\"dryRun\":true," : ""), settings: new AdmissionSettings { BackEnd = EpcBackEnd.Claim }, templates: templates);

        Assert.Equal(ReviewOutcome.Changed, outcome);
        Assert.Equal(made, templates.Made.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}""")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"1"}}""")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{}}""")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":1}}""")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"a\"b"}}""")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","uid":"2"}}""")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1"},"request":{"uid":"2"}}""")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","object":{},"object":{}}}""")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1"}} trailing""")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","object":{"a":}}}""")]
    public async Task RefusesWhatIsNoReview_WithoutRepeatingIt(string body)
    {
        var (outcome, answer) = await AskAsync(body);

        Assert.Equal(ReviewOutcome.Malformed, outcome);
        Assert.StartsWith("This is no review: ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"namespace\":7")]
    [InlineData("\"namespace\":\"\u00e9\"")]
    [InlineData("\"operation\":{}")]
    [InlineData("\"resource\":\"pods\"")]
    [InlineData("\"resource\":{\"resource\":1}")]
    [InlineData("\"dryRun\":\"yes\"")]
    public async Task RefusesARequest_WhoseMembersAreOfAnotherKind(string member)
    {
        var (outcome, answer) = await AskAsync(
            $$$"""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1",{{{member}}}}}""");

        Assert.Equal(ReviewOutcome.Malformed, outcome);
        Assert.Contains("a member of its request", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"object\":null,")]
    [InlineData("\"object\":[\"sgx\"],")]
    public async Task AllowsAReview_WithoutAPod(string member)
    {
        var (outcome, _) = await AskAsync(
            $$$"""
            {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{{{member}}}
             "uid":"1","resource":{"resource":"pods"},"operation":"CREATE"}}
            """);

        Assert.Equal(ReviewOutcome.Untouched, outcome);
    }

    [Fact]
    public async Task ReadsThePod_Strictly()
    {
        var (outcome, answer) = await AskAsync(Review("""{"spec":{},"spec":{"sgx":1}}"""));

        Assert.Equal(ReviewOutcome.Malformed, outcome);
        Assert.Contains("twice", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SeesANameInEscapedLetters() => Assert.Equal(ReviewOutcome.Changed, (await AskAsync(Review(
        """{"spec":{"containers":[{"name":"a","resources":{"limits":{"\u0073g\u0078.intel.com/e\u0070c":"1Mi"}}}]}}"""))).Outcome);

    [Fact]
    public async Task RefusesMoreValues_ThanAnyPodHas_BeforeTheyTakeMemory()
    {
        var (outcome, answer) = await AskAsync(Review($$"""{"sgx":[{{string.Join(',', Enumerable.Repeat("0", 400_000))}}]}"""));

        Assert.Equal(ReviewOutcome.Malformed, outcome);
        Assert.Contains("more than 300000 members and values", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TakesALargePod() => Assert.Equal(ReviewOutcome.Changed, (await AskAsync(Review(Asking.Replace(
        "\"metadata\":{", $"\"metadata\":{{\"annotations\":{{\"a\":\"{new string('x', 1 << 20)}\"}},", StringComparison.Ordinal)))).Outcome);

    [Fact]
    public async Task RefusesNestingWithoutEnd()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 200)) + "1" + new string('}', 200);

        Assert.Equal(ReviewOutcome.Malformed, (await AskAsync(Review(deep))).Outcome);
    }

    [Fact]
    public async Task EveryShorterText_IsRefusedCleanly()
    {
        var review = Review(Asking);
        for (var length = 0; length < review.Length; length++)
        {
            Assert.Equal(ReviewOutcome.Malformed, (await AskAsync(review[..length])).Outcome);
        }
    }

    [Fact]
    public async Task Counts_ByEndpointAndOutcome()
    {
        await AskAsync(Review(Asking));
        var counted = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (ReferenceEquals(instrument.Meter, _metrics.Meter))
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (value > 0)
            {
                counted[instrument.Name + ":" + string.Join(",", tags.ToArray().Select(tag => tag.Value))] = value;
            }
        });
        listener.Start();
        listener.RecordObservableInstruments();

        Assert.Equal(1, counted["webhook_reviews_total:Mutate,Changed"]);
        Assert.Equal(1, counted["webhook_findings_total:AmountInBytes"]);
    }

    private static string Review(string pod, string operation = "CREATE", string more = "") =>
        $$$"""
        {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"{{{Uid}}}",
         "kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},{{{more}}}
         "requestKind":{"group":"","version":"v1","kind":"Pod"},"name":"p","namespace":"default","operation":"{{{operation}}}",
         "userInfo":{"username":"somebody","groups":["system:authenticated"]},"object":{{{pod}}},"oldObject":null,"options":null}}
        """;

    private async Task<(ReviewOutcome Outcome, string Answer)> AskAsync(
        string body, ReviewEndpoint endpoint = ReviewEndpoint.Mutate, AdmissionSettings? settings = null, IClaimTemplates? templates = null)
    {
        var handler = new ReviewHandler(
            new ReviewContext { Settings = settings ?? AdmissionSettings.Default, ClaimTemplates = templates }, _metrics, NullLogger.Instance);
        var answer = new ArrayBufferWriter<byte>();
        var outcome = await handler.AnswerAsync(endpoint, Encoding.UTF8.GetBytes(body), answer, TestContext.Current.CancellationToken);
        return (outcome, Encoding.UTF8.GetString(answer.WrittenSpan));
    }

    private sealed class RecordedTemplates : IClaimTemplates
    {
        public List<string> Made { get; } = [];

        public ValueTask<string?> EnsureAsync(string namespaceName, IReadOnlyList<ClaimTemplate> templates, CancellationToken cancellationToken)
        {
            Made.AddRange(templates.Select(template => $"{namespaceName}/{template.Name}"));
            return ValueTask.FromResult<string?>("somebody must hear of this");
        }
    }
}
