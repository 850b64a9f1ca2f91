using System.Text;
using Casemate.Primitives.Cbor;

namespace Casemate.Primitives.Cose;

public sealed partial class CoseSign1
{
    /// <summary>The header parameters of a message. Source: RFC 9052 section 3.</summary>
    private sealed class Headers
    {
        private const int MaxParameters = 32;
        private const int MaxText = 1024;
        private const ulong EpochTime = 1;
        private const string SigningTimeLabel = "signingtime";

        // Years 1970 to 9999, so that no instant overflows.
        private const long LastSecond = 253402300799;

        private readonly HashSet<string> _labels = [];
        private readonly List<string> _critical = [];
        private readonly List<ReadOnlyMemory<byte>> _chain = [];
        private int? _algorithm;

        public int Algorithm => _algorithm ?? 0;

        public string? ContentType { get; private set; }

        public IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => _chain;

        public (int Algorithm, ReadOnlyMemory<byte> Hash)? CertificateThumbprint { get; private set; }

        public DateTimeOffset? SigningTime { get; private set; }

        public ReadOnlyMemory<byte>? CorimMeta { get; private set; }

        public (string? Issuer, string? Subject)? Claims { get; private set; }

        public Dictionary<string, string> Texts { get; } = [];

        /// <summary>Reads the protected header; returns what is wrong, or null.</summary>
        public static string? Read(ReadOnlyMemory<byte> message, ReadOnlySpan<byte> encoded, out Headers headers)
        {
            headers = new Headers();
            var reader = new CborReader(encoded);
            if (!reader.TryReadMapStart(out var count) || count > MaxParameters)
            {
                return $"the protected header is not a map of at most {MaxParameters} parameters";
            }

            for (var i = 0; i < count; i++)
            {
                if (!TryReadLabel(ref reader, out var label) || !headers._labels.Add(label))
                {
                    return $"protected header, parameter {i + 1}: the label is neither a number nor text, or repeats an earlier one";
                }

                if (!headers.TryReadValue(message, ref reader, label))
                {
                    return $"protected header: parameter {label} is malformed";
                }
            }

            if (!reader.IsEmpty)
            {
                return "bytes follow the protected header's map";
            }

            return headers._algorithm is null ? "the protected header names no algorithm (parameter 1)" : headers.CheckCritical();
        }

        /// <summary>Reads the unprotected header for its form alone: nothing in it is signed, so nothing in it is used.</summary>
        public string? CheckUnprotected(ref CborReader reader)
        {
            if (!reader.TryReadMapStart(out var count) || count > MaxParameters)
            {
                return $"the unprotected header is not a map of at most {MaxParameters} parameters";
            }

            for (var i = 0; i < count; i++)
            {
                // One label in both maps would let two readers see two messages (RFC 9052 section 3).
                if (!TryReadLabel(ref reader, out var label) || !_labels.Add(label))
                {
                    return $"unprotected header, parameter {i + 1}: the label is neither a number nor text, or repeats an earlier one";
                }

                if (!reader.TrySkip(out _))
                {
                    return $"unprotected header: parameter {label} is malformed";
                }
            }

            return null;
        }

        // Numbers as "#33", so that no text label can be taken for one.
        private static bool TryReadLabel(ref CborReader reader, out string label)
        {
            label = "";
            if (reader.TryReadInt64(out var number))
            {
                label = $"#{number}";
                return true;
            }

            if (!reader.TryReadTextString(out var text) || text.Length is 0 or > 64 || text[0] == (byte)'#')
            {
                return false;
            }

            label = Encoding.UTF8.GetString(text);
            return true;
        }

        // A parameter that the signer calls critical must be understood, not skipped.
        private string? CheckCritical()
        {
            foreach (var label in _critical)
            {
                if (!_labels.Contains(label) || label is not ("#1" or "#3" or "#8" or "#15" or "#33" or "#34" or "iss" or "feed" or SigningTimeLabel))
                {
                    return $"the protected header calls parameter {label} critical, which is absent or not known here";
                }
            }

            return null;
        }

        private bool TryReadValue(ReadOnlyMemory<byte> message, ref CborReader reader, string label)
        {
            switch (label)
            {
                case "#1":
                    var isNumber = reader.TryReadInt64(out var algorithm) && algorithm is >= int.MinValue and <= int.MaxValue;
                    _algorithm = (int)algorithm;
                    return isNumber;
                case "#2":
                    return TryReadCritical(ref reader);
                case "#3":
                    return TryReadContentType(ref reader);
                case "#8":
                    return TryReadCorimMeta(message, ref reader);
                case "#15":
                    return TryReadClaims(ref reader);
                case "#33":
                    return TryReadChain(message, ref reader);
                case "#34":
                    return TryReadThumbprint(message, ref reader);
                case SigningTimeLabel:
                    return TryReadTime(ref reader);
                default:
                    return TryReadOther(ref reader, label);
            }
        }

        private bool TryReadCritical(ref CborReader reader)
        {
            if (!reader.TryReadArrayStart(out var count) || count is 0 or > MaxParameters)
            {
                return false;
            }

            for (var i = 0; i < count; i++)
            {
                if (!TryReadLabel(ref reader, out var label))
                {
                    return false;
                }

                _critical.Add(label);
            }

            return true;
        }

        private bool TryReadContentType(ref CborReader reader)
        {
            if (reader.TryReadInt64(out var number))
            {
                return number is >= 0 and <= ushort.MaxValue;
            }

            if (!reader.TryReadTextString(out var text) || text.Length > MaxText)
            {
                return false;
            }

            ContentType = Encoding.UTF8.GetString(text);
            return true;
        }

        private bool TryReadCorimMeta(ReadOnlyMemory<byte> message, ref CborReader reader)
        {
            if (!reader.TryReadByteString(out var meta))
            {
                return false;
            }

            CorimMeta = Within(message, meta);
            return true;
        }

        private bool TryReadClaims(ref CborReader reader)
        {
            if (!reader.TryReadMapStart(out var count) || count > MaxParameters)
            {
                return false;
            }

            var seen = new HashSet<string>();
            var claims = (Issuer: (string?)null, Subject: (string?)null);
            for (var i = 0; i < count; i++)
            {
                if (!TryReadLabel(ref reader, out var label) || !seen.Add(label))
                {
                    return false;
                }

                if (label is not ("#1" or "#2"))
                {
                    if (!reader.TrySkip(out _))
                    {
                        return false;
                    }

                    continue;
                }

                if (!reader.TryReadTextString(out var utf8) || utf8.Length > MaxText)
                {
                    return false;
                }

                var text = Encoding.UTF8.GetString(utf8);
                claims = label == "#1" ? (text, claims.Subject) : (claims.Issuer, text);
            }

            Claims = claims;
            return true;
        }

        // One certificate stands alone; only two or more make an array (RFC 9360 section 2).
        private bool TryReadChain(ReadOnlyMemory<byte> message, ref CborReader reader)
        {
            if (reader.TryReadByteString(out var single))
            {
                _chain.Add(Within(message, single));
                return single.Length > 0;
            }

            if (!reader.TryReadArrayStart(out var count) || count is < 2 or > MaxCertificates)
            {
                return false;
            }

            for (var i = 0; i < count; i++)
            {
                if (!reader.TryReadByteString(out var certificate) || certificate.IsEmpty)
                {
                    return false;
                }

                _chain.Add(Within(message, certificate));
            }

            return true;
        }

        private bool TryReadThumbprint(ReadOnlyMemory<byte> message, ref CborReader reader)
        {
            if (!reader.TryReadArrayStart(out var count) || count != 2 || !reader.TryReadInt64(out var algorithm)
                || algorithm is < int.MinValue or > int.MaxValue || !reader.TryReadByteString(out var hash))
            {
                return false;
            }

            CertificateThumbprint = ((int)algorithm, Within(message, hash));
            return true;
        }

        private bool TryReadTime(ref CborReader reader)
        {
            if (!reader.TryReadTag(out var tag) || tag != EpochTime || !reader.TryReadInt64(out var seconds)
                || seconds is < 0 or > LastSecond)
            {
                return false;
            }

            SigningTime = DateTimeOffset.FromUnixTimeSeconds(seconds);
            return true;
        }

        private bool TryReadOther(ref CborReader reader, string label)
        {
            if (reader.PeekMajorType != CborMajorType.TextString)
            {
                return reader.TrySkip(out _);
            }

            if (!reader.TryReadTextString(out var text) || text.Length > MaxText)
            {
                return false;
            }

            Texts[label] = Encoding.UTF8.GetString(text);
            return true;
        }
    }
}
