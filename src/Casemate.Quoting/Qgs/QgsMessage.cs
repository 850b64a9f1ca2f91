using System.Buffers.Binary;

namespace Casemate.Quoting.Qgs;

/// <summary>
/// The messages of the Quote Generation Service, without the length before them: a header of 16 bytes (major, minor, type, size, error
/// code, little-endian), sizes, data. Source: Intel DCAP, <c>qgs_msg_lib.h</c>.
/// </summary>
public static class QgsMessage
{
    /// <summary>Bytes of the length, big-endian, that goes before a message.</summary>
    public const int LengthSize = 4;

    /// <summary>Bytes of a header.</summary>
    public const int HeaderSize = 16;

    /// <summary>Bytes that a message may have.</summary>
    public const int MaximumSize = 64 * 1024;

    private const int GetQuoteFixedSize = 24;
    private const int GetCollateralFixedSize = 48;
    private const int GetPlatformInfoFixedSize = 28;
    private const ushort MajorVersion = 1;

    /// <summary>Reads a request. Never throws.</summary>
    /// <param name="message">The message, without the length before it.</param>
    /// <param name="request">The request; refers to <paramref name="message"/>. When refused, its type is the one to answer.</param>
    /// <returns><see cref="QgsError.Success"/>, or what is wrong.</returns>
    public static QgsError TryReadRequest(ReadOnlyMemory<byte> message, out QgsRequest request)
    {
        request = default;
        var bytes = message.Span;
        if (bytes.Length is < HeaderSize or > MaximumSize)
        {
            return QgsError.InvalidSize;
        }

        var type = (QgsMessageType)BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        var isRequest = type is QgsMessageType.GetQuoteRequest or QgsMessageType.GetCollateralRequest
            or QgsMessageType.GetPlatformInfoRequest;
        request = new QgsRequest(
            isRequest ? type : QgsMessageType.GetQuoteRequest, BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]), default, default);
        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes) != MajorVersion)
        {
            return QgsError.InvalidVersion;
        }

        if (!isRequest)
        {
            return QgsError.InvalidType;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) != (uint)bytes.Length)
        {
            return QgsError.InvalidSize;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) != 0)
        {
            return QgsError.InvalidCode;
        }

        return type switch
        {
            QgsMessageType.GetPlatformInfoRequest => bytes.Length == HeaderSize ? QgsError.Success : QgsError.InvalidSize,
            _ when TryReadTwoFields(message, ref request) is not QgsError.Success and var error => error,
            QgsMessageType.GetQuoteRequest when request.First.IsEmpty => QgsError.InvalidParameter,
            _ => QgsError.Success,
        };
    }

    /// <summary>Writes a request for a quote, without the length before it.</summary>
    /// <param name="tdReport">The report, usually <see cref="TdReport.Size"/> bytes.</param>
    /// <param name="idList">Ids of quoting enclaves that the caller accepts; empty: any.</param>
    public static byte[] WriteQuoteRequest(ReadOnlySpan<byte> tdReport, ReadOnlySpan<byte> idList = default) =>
        WriteQuoteMessage(QgsMessageType.GetQuoteRequest, 0, tdReport, idList);

    /// <summary>Writes the response with a quote, without the length before it.</summary>
    /// <param name="minorVersion">The request's.</param>
    /// <param name="selectedId">Id of the quoting enclave, empty when the request had no list.</param>
    /// <param name="quote">The quote.</param>
    public static byte[] WriteQuoteResponse(ushort minorVersion, ReadOnlySpan<byte> selectedId, ReadOnlySpan<byte> quote) =>
        WriteQuoteMessage(QgsMessageType.GetQuoteResponse, minorVersion, selectedId, quote);

    /// <summary>Writes the response with collateral, without the length before it.</summary>
    /// <param name="minorVersion">The request's.</param>
    /// <param name="collateral">The collateral.</param>
    internal static byte[] WriteCollateralResponse(ushort minorVersion, QgsCollateral collateral)
    {
        var size = GetCollateralFixedSize + collateral.Parts.Sum(part => part.Length);
        var message = new byte[size];
        WriteHeader(message, QgsMessageType.GetCollateralResponse, minorVersion, QgsError.Success);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(16), QgsCollateral.MajorVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(18), QgsCollateral.MinorVersion);
        var sizes = message.AsSpan(20);
        var rest = message.AsSpan(GetCollateralFixedSize);
        foreach (var part in collateral.Parts)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(sizes, (uint)part.Length);
            part.CopyTo(rest);
            sizes = sizes[4..];
            rest = rest[part.Length..];
        }

        return message;
    }

    /// <summary>Writes the response that tells of the machine, without the length before it.</summary>
    /// <param name="minorVersion">The request's.</param>
    /// <param name="platform">The machine.</param>
    internal static byte[] WritePlatformInfoResponse(ushort minorVersion, TdPlatform platform)
    {
        var message = new byte[GetPlatformInfoFixedSize + platform.PlatformId.Length + platform.CpuSvn.Length];
        WriteHeader(message, QgsMessageType.GetPlatformInfoResponse, minorVersion, QgsError.Success);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(16), platform.QuotingEnclaveSvn);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(18), platform.PceSvn);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(20), (uint)platform.PlatformId.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(24), (uint)platform.CpuSvn.Length);
        platform.PlatformId.Span.CopyTo(message.AsSpan(GetPlatformInfoFixedSize));
        platform.CpuSvn.Span.CopyTo(message.AsSpan(GetPlatformInfoFixedSize + platform.PlatformId.Length));
        return message;
    }

    /// <summary>Writes the response to a request that was refused: the fixed part of the response's type, zero but for the code.</summary>
    /// <param name="request">The request, as far as it was read.</param>
    /// <param name="error">The code; not <see cref="QgsError.Success"/>.</param>
    public static byte[] WriteError(QgsRequest request, QgsError error)
    {
        var message = new byte[request.Type switch
        {
            QgsMessageType.GetCollateralRequest => GetCollateralFixedSize,
            QgsMessageType.GetPlatformInfoRequest => GetPlatformInfoFixedSize,
            _ => GetQuoteFixedSize,
        }];
        WriteHeader(message, (QgsMessageType)((uint)request.Type + 1), request.MinorVersion, error);
        return message;
    }

    /// <summary>Reads the response to a request for a quote. Never throws.</summary>
    /// <param name="message">The message, without the length before it.</param>
    /// <param name="quote">The quote; refers to <paramref name="message"/>. Empty when there is none.</param>
    /// <returns>The service's code, or what is wrong with the message.</returns>
    public static QgsError TryReadQuoteResponse(ReadOnlyMemory<byte> message, out ReadOnlyMemory<byte> quote)
    {
        quote = default;
        var bytes = message.Span;
        if (bytes.Length is < GetQuoteFixedSize or > MaximumSize
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) != (uint)bytes.Length)
        {
            return QgsError.InvalidSize;
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes) != MajorVersion)
        {
            return QgsError.InvalidVersion;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != (uint)QgsMessageType.GetQuoteResponse)
        {
            return QgsError.InvalidType;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) is not 0 and var code)
        {
            return (QgsError)code;
        }

        var response = default(QgsRequest);
        var error = TryReadTwoFields(message, ref response);
        quote = response.Second;
        return error;
    }

    private static QgsError TryReadTwoFields(ReadOnlyMemory<byte> message, ref QgsRequest request)
    {
        if (message.Length < GetQuoteFixedSize)
        {
            return QgsError.InvalidSize;
        }

        ulong first = BinaryPrimitives.ReadUInt32LittleEndian(message.Span[16..]);
        ulong second = BinaryPrimitives.ReadUInt32LittleEndian(message.Span[20..]);
        if (GetQuoteFixedSize + first + second != (ulong)message.Length)
        {
            return QgsError.InvalidSize;
        }

        var data = message[GetQuoteFixedSize..];
        request = request with { First = data[..(int)first], Second = data[(int)first..] };
        return QgsError.Success;
    }

    private static byte[] WriteQuoteMessage(QgsMessageType type, ushort minorVersion, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var message = new byte[GetQuoteFixedSize + first.Length + second.Length];
        WriteHeader(message, type, minorVersion, QgsError.Success);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(16), (uint)first.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(20), (uint)second.Length);
        first.CopyTo(message.AsSpan(GetQuoteFixedSize));
        second.CopyTo(message.AsSpan(GetQuoteFixedSize + first.Length));
        return message;
    }

    private static void WriteHeader(Span<byte> message, QgsMessageType type, ushort minorVersion, QgsError error)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(message, MajorVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(message[2..], minorVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(message[4..], (uint)type);
        BinaryPrimitives.WriteUInt32LittleEndian(message[8..], (uint)message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(message[12..], (uint)error);
    }
}
