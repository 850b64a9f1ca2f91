using System.Collections.Frozen;
using static Casemate.Quoting.Aesm.AesmMessageType;

namespace Casemate.Quoting.Aesm;

/// <summary>The fields of every message, as <c>messages.proto</c> of Intel's platform software states them.</summary>
internal static class AesmSchema
{
    /// <summary>Fields have the numbers 1 to 9.</summary>
    public const int LastField = 9;

    private static readonly AesmFieldRule s_timeout = new(9, AesmFieldKind.Number32, Required: false);
    private static readonly AesmFieldRule s_error = Number(1, required: true);

    /// <summary>What requests have.</summary>
    public static FrozenDictionary<AesmMessageType, AesmFieldRule[]> Requests { get; } = new Dictionary<AesmMessageType, AesmFieldRule[]>
    {
        [InitQuote] = [s_timeout],
        [GetQuote] =
        [
            Bytes(1, required: true), Number(2, required: true), Bytes(3, required: true), Bytes(4), Bytes(5),
            Number(6, required: true), Flag(7), s_timeout,
        ],
        [GetLaunchToken] = [Bytes(1), Bytes(2), Bytes(3), s_timeout],
        [ReportAttestationError] = [Bytes(1, required: true), Number(2, required: true), Number(3, required: true), s_timeout],
        [GetWhiteListSize] = [s_timeout],
        [GetWhiteList] = [Number(1), s_timeout],
        [GetExtendedEpidGroupId] = [s_timeout],
        [SwitchExtendedEpidGroup] = [Number(1), s_timeout],
        [Register] = [Bytes(1, required: true), Number(2, required: true), s_timeout],
        [InitQuoteEx] = [Bytes(1), Flag(3, required: true), new AesmFieldRule(4, AesmFieldKind.Number64, Required: false), s_timeout],
        [GetQuoteSizeEx] = [Bytes(1), s_timeout],
        [GetQuoteEx] = [Bytes(1, required: true), Bytes(2), Bytes(3), Number(4, required: true), s_timeout],
        [CheckUpdateStatus] = [Bytes(1), Number(2, required: true), Number(3, required: true), s_timeout],
        [SelectAttKeyId] = [Bytes(1), Number(2)],
        [GetSupportedAttKeyIdNum] = [s_timeout],
        [GetSupportedAttKeyIds] = [Number(1, required: true), s_timeout],
    }.ToFrozenDictionary();

    /// <summary>What responses have.</summary>
    public static FrozenDictionary<AesmMessageType, AesmFieldRule[]> Responses { get; } = new Dictionary<AesmMessageType, AesmFieldRule[]>
    {
        [InitQuote] = [s_error, Bytes(2), Bytes(3)],
        [GetQuote] = [s_error, Bytes(2), Bytes(3)],
        [GetLaunchToken] = [s_error, Bytes(2)],
        [ReportAttestationError] = [s_error, Bytes(2)],
        [GetWhiteListSize] = [s_error, Number(2)],
        [GetWhiteList] = [s_error, Bytes(2)],
        [GetExtendedEpidGroupId] = [s_error, Number(2)],
        [SwitchExtendedEpidGroup] = [s_error],
        [Register] = [s_error],
        [InitQuoteEx] = [s_error, Bytes(2), new AesmFieldRule(3, AesmFieldKind.Number64, Required: false), Bytes(4)],
        [GetQuoteSizeEx] = [s_error, Number(2)],
        [GetQuoteEx] = [s_error, Bytes(2), Bytes(3)],
        [CheckUpdateStatus] = [s_error, Bytes(2), Number(3)],
        [SelectAttKeyId] = [s_error, Bytes(2)],
        [UnsupportedRequest] = [s_error],
        [GetSupportedAttKeyIdNum] = [s_error, Number(2)],
        [GetSupportedAttKeyIds] = [s_error, Bytes(2)],
    }.ToFrozenDictionary();

    /// <summary>A request that holds several messages means the first of these (<c>ProtobufSerializer.cpp</c>).</summary>
    public static ReadOnlySpan<byte> DispatchOrder => [3, 1, 2, 4, 18, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22];

    private static AesmFieldRule Bytes(int number, bool required = false) => new(number, AesmFieldKind.Bytes, required);

    private static AesmFieldRule Number(int number, bool required = false) => new(number, AesmFieldKind.Number32, required);

    private static AesmFieldRule Flag(int number, bool required = false) => new(number, AesmFieldKind.Flag, required);
}
