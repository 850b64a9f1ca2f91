using Casemate.Quoting.Qgs;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>The parsers of what arrives on a socket of the Quote Generation Service.</summary>
public static class QgsTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("qgs-request", Request, [
            QgsMessage.WriteQuoteRequest(new byte[TdReport.Size]), QgsMessage.WriteQuoteRequest(new byte[100], new byte[40]),
            [1, 0, 1, 0, 4, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0]]),
        new("qgs-response", Response, [
            QgsMessage.WriteQuoteResponse(0, default, new byte[1000]), QgsMessage.WriteQuoteResponse(1, new byte[16], new byte[100])]),
    ];

    private static bool Request(ReadOnlySpan<byte> input)
    {
        var error = QgsMessage.TryReadRequest(input.ToArray(), out var request);
        Require(Enum.IsDefined(error), "refused with a code that is none", input);
        Require((uint)request.Type % 2 == 0, "a response was taken for a request", input);
        if (error is not QgsError.Success)
        {
            Require(QgsMessage.WriteError(request, error).Length is 24 or 28 or 48, "an answer of another size", input);
            return false;
        }

        var fixedSize = request.Type is QgsMessageType.GetPlatformInfoRequest ? 16 : 24;
        Require(fixedSize + request.First.Length + request.Second.Length == input.Length, "bytes are lost", input);
        Require(
            QgsMessage.TryReadRequest(input[..^1].ToArray(), out _) is not QgsError.Success,
            "a request without its last byte is accepted", input);
        return true;
    }

    private static bool Response(ReadOnlySpan<byte> input)
    {
        var error = QgsMessage.TryReadQuoteResponse(input.ToArray(), out var quote);
        Require(error is QgsError.Success || quote.IsEmpty, "a quote in spite of an error", input);
        Require(quote.Length <= Math.Max(0, input.Length - 24), "a quote out of nothing", input);
        return error is QgsError.Success;
    }
}
