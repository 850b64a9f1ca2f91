using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Primitives.Json;
using Casemate.Primitives.Sockets;
using Casemate.Quoting;
using Casemate.Serve.Quoting;

namespace Casemate.Cli.Quotes;

/// <summary>Asks a quote helper's evidence endpoint.</summary>
internal static class EvidenceClient
{
    private const int MaximumAnswer = 4 * 1024 * 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_shortPatience = TimeSpan.FromSeconds(10);

    /// <summary>Gets a bundle.</summary>
    /// <param name="socket">Path of the endpoint's socket.</param>
    /// <param name="tee">The kind of evidence; null: the first that the node has.</param>
    /// <param name="reportData">64 bytes.</param>
    /// <param name="wantsCollateral">Whether collateral is to be in it.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The bundle's JSON.</returns>
    /// <exception cref="CliException">
    /// The endpoint is not there or does not answer (exit code 4), may not be used (5), or refuses (1).
    /// </exception>
    public static async Task<byte[]> GetAsync(
        string socket, Tee? tee, ReadOnlyMemory<byte> reportData, bool wantsCollateral, CancellationToken cancellationToken)
    {
        using var body = new ByteArrayContent(Request(tee, "reportData", reportData.Span, wantsCollateral));
        return await SendAsync(socket, HttpMethod.Post, body, s_patience, cancellationToken);
    }

    /// <summary>Gets a bundle with the quote of an enclave.</summary>
    /// <param name="socket">Path of the endpoint's socket.</param>
    /// <param name="report">The enclave's report, 432 bytes.</param>
    /// <param name="wantsCollateral">Whether collateral is to be in it.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The bundle's JSON.</returns>
    /// <exception cref="CliException">As <see cref="GetAsync"/>.</exception>
    public static async Task<byte[]> QuoteAsync(
        string socket, ReadOnlyMemory<byte> report, bool wantsCollateral, CancellationToken cancellationToken)
    {
        using var body = new ByteArrayContent(Request(Tee.Sgx, "report", report.Span, wantsCollateral));
        return await SendAsync(socket, HttpMethod.Post, body, s_patience, cancellationToken);
    }

    /// <summary>Asks what the helper can do.</summary>
    /// <param name="socket">Path of the endpoint's socket.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="CliException">As <see cref="GetAsync"/>; exit code 1 also for an answer that cannot be read.</exception>
    public static async Task<HelperDescription> DescribeAsync(string socket, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(socket, HttpMethod.Get, null, s_shortPatience, cancellationToken);
        if (!StrictJson.TryParse(answer, out var document, out var error, maxDepth: 8))
        {
            throw new CliException(ExitCode.Refused, $"the quote helper at {socket} does not describe itself: {error}");
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object || !root.TryGetProperty("evidence", out var kinds)
                || kinds.ValueKind is not JsonValueKind.Array)
            {
                throw new CliException(ExitCode.Refused, $"the quote helper at {socket} does not say what evidence it makes");
            }

            var evidence = new List<(Tee Tee, bool Simulated)>();
            foreach (var kind in kinds.EnumerateArray())
            {
                if (kind.ValueKind is JsonValueKind.Object && TextOf(kind, "tee") is { } name && KbsTee.TryParse(name) is { } tee)
                {
                    var isReal = kind.TryGetProperty("simulated", out var simulated) && simulated.ValueKind is JsonValueKind.False;
                    evidence.Add((tee, !isReal));
                }
            }

            var hasTarget = root.TryGetProperty("sgxTargetInfo", out var target) && target.ValueKind is JsonValueKind.String;
            byte[]? targetInfo = null;
            if (hasTarget && !(target.TryGetBytesFromBase64(out targetInfo) && targetInfo.Length == QuotingTarget.TargetInfoSize))
            {
                throw new CliException(
                    ExitCode.Refused, $"the quote helper at {socket} names a target for reports that is not {QuotingTarget.TargetInfoSize} bytes of base64");
            }

            return new HelperDescription(evidence, hasTarget)
            {
                TakesReports = IsTrue(root, "quotesEnclaveReports"),
                HasCollateral = IsTrue(root, "collateral"),
                SgxTargetInfo = targetInfo,
            };
        }
    }

    private static async Task<byte[]> SendAsync(
        string socket, HttpMethod method, HttpContent? body, TimeSpan patience, CancellationToken cancellationToken)
    {
        const string remedy = "Start 'casemate quote-helper', or name its evidence socket with --helper: evidence.socket beside the AESM "
            + "socket.";
        if (!File.Exists(socket))
        {
            throw new CliException(ExitCode.Unreachable, $"the quote helper at {socket} cannot be asked: there is no such socket", remedy);
        }

        using var http = ClientOf(socket, patience);
        using var request = new HttpRequestMessage(method, new Uri("http://localhost" + EvidenceEndpoint.Path)) { Content = body };
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return response.IsSuccessStatusCode ? answer : throw Refusal(socket, (int)response.StatusCode, answer);
        }
        catch (HttpRequestException exception)
        {
            var code = exception.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied }
                ? ExitCode.NotPermitted : ExitCode.Unreachable;
            throw new CliException(
                code, $"the quote helper at {socket} cannot be asked: {(exception.InnerException ?? exception).Message}",
                remedy, exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliException(
                ExitCode.Unreachable, $"the quote helper at {socket} does not answer within {patience.TotalSeconds:0} s", remedy,
                exception);
        }
    }

    /// <summary>Asks whether a kind of evidence is simulated.</summary>
    /// <param name="socket">Path of the endpoint's socket.</param>
    /// <param name="tee">The kind of evidence.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>What the endpoint says of itself; false when it does not say, as services of other makers.</returns>
    public static async Task<bool> IsSimulatedAsync(string socket, Tee tee, CancellationToken cancellationToken)
    {
        using var http = ClientOf(socket, s_patience);
        byte[] answer;
        try
        {
            answer = await http.GetByteArrayAsync(new Uri("http://localhost" + EvidenceEndpoint.Path), cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException { InnerException: TimeoutException })
        {
            return false;
        }

        if (!StrictJson.TryParse(answer, out var document, out _, maxDepth: 8))
        {
            return false;
        }

        using (document)
        {
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("evidence", out var kinds)
                && kinds.ValueKind is JsonValueKind.Array
                && kinds.EnumerateArray().Any(kind => kind.ValueKind is JsonValueKind.Object && TextOf(kind, "tee") == KbsTee.NameOf(tee)
                    && kind.TryGetProperty("simulated", out var simulated) && simulated.ValueKind is JsonValueKind.True);
        }
    }

    private static HttpClient ClientOf(string socket, TimeSpan patience)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectCallback = (_, token) => UnixSocketStream.ConnectAsync(socket, token),
        };
        return new HttpClient(handler) { Timeout = patience, MaxResponseContentBufferSize = MaximumAnswer };
    }

    private static byte[] Request(Tee? tee, string binding, ReadOnlySpan<byte> bytes, bool wantsCollateral)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (tee is { } named)
            {
                json.WriteString("tee", KbsTee.NameOf(named));
            }

            json.WriteBase64String(binding, bytes);
            json.WriteBoolean("collateral", wantsCollateral);
            json.WriteNumber("timeoutMs", (int)s_patience.TotalMilliseconds);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static CliException Refusal(string socket, int status, byte[] answer)
    {
        var (message, remedy) = ($"HTTP status {status}", "Look at the quote helper's log.");
        if (StrictJson.TryParse(answer, out var document, out _, maxDepth: 8))
        {
            using (document)
            {
                if (document.RootElement.ValueKind is JsonValueKind.Object
                    && document.RootElement.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.Object)
                {
                    message = TextOf(error, "message") ?? message;
                    remedy = TextOf(error, "remedy") ?? remedy;
                }
            }
        }

        return new CliException(
            status == 503 ? ExitCode.Unreachable : ExitCode.Refused, $"the quote helper at {socket} refuses: {message}", remedy);
    }

    private static bool IsTrue(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True;

    private static string? TextOf(JsonElement error, string name) =>
        error.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
