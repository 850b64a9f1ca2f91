using System.Globalization;

namespace Casemate.Oci.Tar;

public sealed partial class TarReader
{
    /// <summary>What extended headers said about the entry that follows them.</summary>
    private sealed class Extensions
    {
        private Dictionary<string, ReadOnlyMemory<byte>>? _pax;

        public ReadOnlyMemory<byte>? LongName { get; private set; }

        public ReadOnlyMemory<byte>? LongLink { get; private set; }

        public bool Any => _pax is not null || LongName is not null || LongLink is not null;

        public IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? Records => _pax;

        /// <summary>The time of modification in whole seconds; null when it was not given.</summary>
        public long? Time { get; private set; }

        /// <summary>Takes one extended header; answers what is wrong with it, or null.</summary>
        public string? Add(byte type, byte[] bytes)
        {
            switch (type)
            {
                case (byte)'L':
                    var twice = LongName is not null || Value("path") is not null;
                    LongName = UpToZero(bytes);
                    return twice ? "an entry is named twice" : null;
                case (byte)'K':
                    twice = LongLink is not null || Value("linkpath") is not null;
                    LongLink = UpToZero(bytes);
                    return twice ? "a link has two targets" : null;
                case (byte)'g':
                    return AddGlobal(bytes);
                default:
                    return AddPax(bytes);
            }
        }

        /// <summary>A record's bytes; null when it is absent, or empty, which means the same.</summary>
        public ReadOnlyMemory<byte>? Value(string key) =>
            _pax is not null && _pax.TryGetValue(key, out var value) && !value.IsEmpty ? value : default(ReadOnlyMemory<byte>?);

        /// <summary>A record's number, checked when the header was read.</summary>
        public long? Number(string key) =>
            Value(key) is { } value ? long.Parse(value.Span, NumberStyles.None, CultureInfo.InvariantCulture) : null;

        public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Attributes()
        {
            var attributes = new SortedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
            foreach (var (key, value) in _pax ?? [])
            {
                if (key.StartsWith(TarFormat.ExtendedAttributePrefix, StringComparison.Ordinal))
                {
                    // A copy: the entry may live long, and should not keep the whole header for it.
                    attributes.Add(key[TarFormat.ExtendedAttributePrefix.Length..], value.ToArray());
                }
            }

            return attributes;
        }

        // Tools differ in whether a global header counts. One that only comments on the archive, as version control writes it, is harmless.
        private static string? AddGlobal(byte[] bytes)
        {
            var problem = PaxRecords.TryRead(bytes, out var records);
            return problem ?? (records.Keys.All(key => key == "comment") ? null : "a global pax header changes the entries behind it");
        }

        private string? AddPax(byte[] bytes)
        {
            if (_pax is not null)
            {
                return "an entry has two pax headers";
            }

            if (PaxRecords.TryRead(bytes, out _pax) is { } problem)
            {
                return problem;
            }

            if (_pax.Keys.Any(key => key.StartsWith("GNU.sparse.", StringComparison.Ordinal)))
            {
                return "it holds a sparse file, which is not supported";
            }

            if ((LongName is not null && Value("path") is not null) || (LongLink is not null && Value("linkpath") is not null))
            {
                return "an entry is named twice";
            }

            foreach (var key in (ReadOnlySpan<string>)["size", "uid", "gid"])
            {
                if (Value(key) is { } value && !long.TryParse(value.Span, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                {
                    return $"the pax record '{key}' is not a number";
                }
            }

            return Value("mtime") is { } time ? ReadTime(time.Span) : null;
        }

        private string? ReadTime(ReadOnlySpan<byte> text)
        {
            var dot = text.IndexOf((byte)'.');
            var whole = dot < 0 ? text : text[..dot];
            if (!long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)
                || (dot >= 0 && text[(dot + 1)..].ContainsAnyExceptInRange((byte)'0', (byte)'9')))
            {
                return "the pax record 'mtime' is not a time";
            }

            Time = seconds;
            return null;
        }

        private static ReadOnlyMemory<byte> UpToZero(byte[] bytes)
        {
            var end = bytes.AsSpan().IndexOf((byte)0);
            return end < 0 ? bytes : bytes.AsMemory(0, end);
        }
    }
}
