using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Casemate.Primitives.Buffers;

namespace Casemate.Quoting.Aesm;

/// <summary>
/// A request or a response of the AESM protocol. A frame on the socket is the length of the body (4 bytes, little endian) and the
/// body, a proto2 message that holds one nested message.
/// </summary>
/// <remarks>
/// Reading is stricter than proto2: a field that occurs twice and a number wider than its type are refused. No client sends those.
/// Unknown fields are skipped. A message that was read refers to the bytes it was read from and lives no longer than they do.
/// </remarks>
public sealed partial class AesmMessage
{
    /// <summary>Bytes of the length before a body.</summary>
    public const int HeaderSize = 4;

    /// <summary>Bytes that the body of a request may have, 64 KiB: the largest that any client sends has less than 2 KiB.</summary>
    public const int MaximumRequestSize = 64 * 1024;

    private readonly Value[] _values = new Value[AesmSchema.LastField + 1];

    private AesmMessage(AesmMessageType type) => Type = type;

    /// <summary>Which message it is.</summary>
    public AesmMessageType Type { get; }

    /// <summary>The value of a number or flag; null when the message does not have it.</summary>
    /// <param name="field">Field number, 1 to 9.</param>
    public ulong? Number(int field) => _values[field] is { IsPresent: true, IsBytes: false } value ? value.Number : null;

    /// <summary>The value of a field of bytes; null when the message does not have it.</summary>
    /// <param name="field">Field number, 1 to 9.</param>
    public ReadOnlyMemory<byte>? Bytes(int field) =>
        // The type is spelled out: a bare null would become an empty array, and thereby a field that is present.
        _values[field] is { IsPresent: true, IsBytes: true } value ? value.Bytes : default(ReadOnlyMemory<byte>?);

    /// <summary>
    /// Reads the body of a request. A body without any message that is known gives <see cref="AesmMessageType.UnsupportedRequest"/>.
    /// </summary>
    /// <param name="body">The body, without the length before it.</param>
    /// <param name="message">The request.</param>
    /// <param name="problem">What is wrong with the bytes; empty when nothing is.</param>
    public static bool TryReadRequest(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out AesmMessage? message, out string problem)
    {
        problem = body.Length is > 0 and <= MaximumRequestSize
            ? ""
            : $"a request has 1 to {MaximumRequestSize} bytes, not {body.Length}";
        message = problem.Length == 0 ? Read(body, AesmSchema.Requests, out problem) : null;
        if (message is null && problem.Length == 0)
        {
            message = new AesmMessage(AesmMessageType.UnsupportedRequest);
        }

        return message is not null;
    }

    /// <summary>Reads the body of a response.</summary>
    /// <param name="body">The body, without the length before it.</param>
    /// <param name="message">The response.</param>
    /// <param name="problem">What is wrong with the bytes; empty when nothing is.</param>
    public static bool TryReadResponse(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out AesmMessage? message, out string problem)
    {
        message = Read(body, AesmSchema.Responses, out problem);
        if (message is null && problem.Length == 0)
        {
            problem = "the response holds no message that is known";
        }

        return message is not null;
    }

    private static AesmMessage? Read(
        ReadOnlyMemory<byte> body, FrozenDictionary<AesmMessageType, AesmFieldRule[]> schema, out string problem)
    {
        problem = "";
        Span<Range> nested = stackalloc Range[(int)AesmMessageType.GetSupportedAttKeyIds + 1];
        var present = 0u;
        var reader = new ProtobufReader(body.Span);
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out var field, out var wireType))
            {
                problem = "a field's tag is malformed";
                return null;
            }

            if (!schema.ContainsKey((AesmMessageType)field))
            {
                if (!reader.TrySkip(wireType))
                {
                    problem = $"field {field} is malformed";
                    return null;
                }
            }
            else if (wireType != ProtobufReader.LengthDelimited || (present & (1u << field)) != 0
                || !reader.TryReadBytes(out nested[field]))
            {
                problem = $"message {field} is malformed or occurs twice";
                return null;
            }
            else
            {
                present |= 1u << field;
            }
        }

        foreach (var number in AesmSchema.DispatchOrder)
        {
            if ((present & (1u << number)) != 0)
            {
                return ReadFields((AesmMessageType)number, schema, body[nested[number]], out problem);
            }
        }

        return null;
    }

    private static AesmMessage? ReadFields(
        AesmMessageType type, FrozenDictionary<AesmMessageType, AesmFieldRule[]> schema, ReadOnlyMemory<byte> content, out string problem)
    {
        var message = new AesmMessage(type);
        var rules = schema[type];
        var reader = new ProtobufReader(content.Span);
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out var field, out var wireType) || !message.TryReadField(ref reader, rules, field, wireType, content))
            {
                problem = $"message {(int)type}: field {field} is malformed, occurs twice or has the wrong type";
                return null;
            }
        }

        foreach (var rule in rules)
        {
            if (rule.Required && !message._values[rule.Number].IsPresent)
            {
                problem = $"message {(int)type}: field {rule.Number} is missing";
                return null;
            }
        }

        problem = "";
        return message;
    }

    private bool TryReadField(
        ref ProtobufReader reader, AesmFieldRule[] rules, int field, int wireType, ReadOnlyMemory<byte> content)
    {
        foreach (var rule in rules)
        {
            if (rule.Number != field)
            {
                continue;
            }

            ref var value = ref _values[field];
            if (value.IsPresent || wireType != (rule.Kind is AesmFieldKind.Bytes ? ProtobufReader.LengthDelimited : ProtobufReader.Varint))
            {
                return false;
            }

            if (rule.Kind is AesmFieldKind.Bytes)
            {
                if (!reader.TryReadBytes(out var place))
                {
                    return false;
                }

                value = Value.Of(content[place]);
                return true;
            }

            if (!reader.TryReadVarint(out var number) || (rule.Kind is AesmFieldKind.Number32 && number > uint.MaxValue))
            {
                return false;
            }

            value = Value.Of(rule.Kind is AesmFieldKind.Flag ? Math.Min(number, 1) : number);
            return true;
        }

        return reader.TrySkip(wireType);
    }

    private readonly record struct Value(bool IsPresent, bool IsBytes, ulong Number, ReadOnlyMemory<byte> Bytes)
    {
        public static Value Of(ulong number) => new(true, false, number, default);

        public static Value Of(ReadOnlyMemory<byte> bytes) => new(true, true, 0, bytes);
    }
}
