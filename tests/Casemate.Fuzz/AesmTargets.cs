using Casemate.Quoting;
using Casemate.Quoting.Aesm;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>The parsers of what arrives on an AESM socket.</summary>
public static class AesmTargets
{
    private static readonly byte[] s_keyId = AttestationKeyId.IntelQe3.Bytes.ToArray();

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("aesm-request", RequestBody, [.. Requests().Select(Body)]),
        new("aesm-response", ResponseBody, [.. Responses().Select(Body)]),
        new("aesm-key-list", KeyList, [[0, 0, 0, 0, 1, 0, 0, 0, .. s_keyId], [0, 0, 0, 0, 2, 0, 0, 0, .. s_keyId, .. new byte[256]]]),
    ];

    private static bool RequestBody(ReadOnlySpan<byte> input)
    {
        if (!AesmMessage.TryReadRequest(input.ToArray(), out var message, out var problem))
        {
            Require(problem.Length > 0, "refused without a reason", input);
            return false;
        }

        Require(Enum.IsDefined(message.Type), "a type that is none", input);
        CheckFields(message, input);
        if (message.Type is AesmMessageType.UnsupportedRequest)
        {
            return true;
        }

        var body = Body(message);
        Require(
            AesmMessage.TryReadRequest(body, out var again, out _) && again.Type == message.Type && Body(again).AsSpan().SequenceEqual(body),
            "what was read is written as something else", input);
        return true;
    }

    private static bool ResponseBody(ReadOnlySpan<byte> input)
    {
        if (!AesmMessage.TryReadResponse(input.ToArray(), out var message, out var problem))
        {
            Require(problem.Length > 0, "refused without a reason", input);
            return false;
        }

        Require(message.Number(1) is <= uint.MaxValue, "a response without an error code", input);
        CheckFields(message, input);
        var body = Body(message);
        Require(
            AesmMessage.TryReadResponse(body, out var again, out _) && Body(again).AsSpan().SequenceEqual(body),
            "what was read is written as something else", input);
        return true;
    }

    private static bool KeyList(ReadOnlySpan<byte> input)
    {
        if (!AttestationKeyId.IntelQe3.TryFindIn(input, out var found))
        {
            Require(!found, "found in what is no list", input);
            return false;
        }

        Require(input.Length % 256 == 8 && input.Length <= 8 + (10 * 256), "a list of another size", input);
        Require(!found || input.IndexOf(s_keyId.AsSpan(0, 158)) >= 0, "found although it is not there", input);
        return true;
    }

    private static void CheckFields(AesmMessage message, ReadOnlySpan<byte> input)
    {
        var total = 0;
        for (var field = 1; field <= 9; field++)
        {
            Require(message.Bytes(field) is null || message.Number(field) is null, "a field of two types", input);
            if (message.Bytes(field) is { } bytes)
            {
                Require(bytes.IsEmpty || input.IndexOf(bytes.Span) >= 0, "bytes that are not of the input", input);
                total += bytes.Length;
            }
        }

        Require(total < input.Length, "the fields are longer than the message", input);
    }

    private static IEnumerable<AesmMessage> Requests() =>
    [
        AesmMessage.Request(AesmMessageType.GetSupportedAttKeyIdNum).With(9, 15000),
        AesmMessage.Request(AesmMessageType.GetSupportedAttKeyIds).With(1, 256).With(9, 15000),
        AesmMessage.Request(AesmMessageType.InitQuoteEx).With(1, s_keyId).With(3, 1).With(4, 32),
        AesmMessage.Request(AesmMessageType.GetQuoteSizeEx).With(1, s_keyId),
        AesmMessage.Request(AesmMessageType.GetQuoteEx).With(1, new byte[432]).With(2, s_keyId).With(3, new byte[960]).With(4, 8192),
        AesmMessage.Request(AesmMessageType.SelectAttKeyId).With(1, new byte[] { 0, 0, 0, 0, 0, 0, 0, 0 }).With(2, 15000),
        AesmMessage.Request(AesmMessageType.GetQuote)
            .With(1, new byte[432]).With(2, 1).With(3, new byte[16]).With(6, 4096).With(7, 1).With(9, 15000),
    ];

    private static IEnumerable<AesmMessage> Responses() =>
    [
        AesmMessage.Response(AesmMessageType.GetQuoteEx, AesmError.InvalidReport),
        AesmMessage.Response(AesmMessageType.GetQuoteEx, AesmError.Success).With(2, new byte[700]).With(3, new byte[960]),
        AesmMessage.Response(AesmMessageType.InitQuoteEx, AesmError.Success).With(2, new byte[512]).With(3, 32).With(4, new byte[32]),
    ];

    private static byte[] Body(AesmMessage message) => message.ToFrame()[AesmMessage.HeaderSize..];
}
