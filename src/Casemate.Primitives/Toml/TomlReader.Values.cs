using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Casemate.Primitives.Toml;

internal sealed partial class TomlReader
{
    private JsonNode ReadValue(int depth)
    {
        if (depth > TomlDocument.MaxDepth)
        {
            throw Error($"the value is nested deeper than {TomlDocument.MaxDepth} levels");
        }

        return Current switch
        {
            '"' => JsonValue.Create(ReadBasicString(TakeTriple('"')))!,
            '\'' => JsonValue.Create(ReadLiteralString(TakeTriple('\'')))!,
            '[' => ReadArray(depth),
            '{' => ReadInlineTable(depth),
            _ => ReadScalar(),
        };
    }

    private JsonArray ReadArray(int depth)
    {
        _at++;
        var array = new JsonArray();
        _closed.Add(array);
        while (true)
        {
            SkipBlankLines();
            if (Take(']'))
            {
                return array;
            }

            array.Add(ReadValue(depth + 1));
            SkipBlankLines();
            if (!Take(',') && Current != ']')
            {
                throw Error("',' or ']' is expected in the array");
            }
        }
    }

    private JsonObject ReadInlineTable(int depth)
    {
        _at++;
        var table = new JsonObject();
        SkipSpaces();
        if (!Take('}'))
        {
            do
            {
                ReadKeyValue(table, depth);
                SkipSpaces();
            }
            while (Take(','));
            Expect('}');
        }

        Close(table);
        return table;
    }

    private void Close(JsonNode node)
    {
        _closed.Add(node);
        if (node is JsonObject table)
        {
            foreach (var (_, value) in table)
            {
                if (value is JsonObject)
                {
                    Close(value);
                }
            }
        }
    }

    private bool TakeTriple(char quote)
    {
        if (string.CompareOrdinal(text, _at, new string(quote, 3), 0, 3) != 0)
        {
            return false;
        }

        _at += 2;                                                          // the third is taken like a single one
        return true;
    }

    private string ReadLiteralString(bool multiLine)
    {
        var opening = _at;
        _at++;
        if (multiLine)
        {
            TakeLineEnd();
        }

        var start = _at;
        while (true)
        {
            if (AtEnd)
            {
                throw NotClosed(opening);
            }

            if (Current == '\'' && (!multiLine || ClosesMultiLine('\'')))
            {
                var value = text[start.._at];
                _at += multiLine ? 3 : 1;
                return value;
            }

            TakeStringCharacter(multiLine);
        }
    }

    private string ReadBasicString(bool multiLine)
    {
        var opening = _at;
        _at++;
        if (multiLine)
        {
            TakeLineEnd();
        }

        var value = new StringBuilder();
        while (true)
        {
            if (AtEnd)
            {
                throw NotClosed(opening);
            }

            if (Current == '"' && (!multiLine || ClosesMultiLine('"')))
            {
                _at += multiLine ? 3 : 1;
                return value.ToString();
            }

            if (Current == '\\')
            {
                _at++;
                ReadEscape(value, multiLine);
                continue;
            }

            var start = _at;
            TakeStringCharacter(multiLine);
            value.Append(text, start, _at - start);
        }
    }

    // The whole rest of the document was read for its end: the line in which the string begins is what a person looks for.
    private TomlSyntaxException NotClosed(int opening)
    {
        _at = opening;
        return Error("a string begins that is not closed before the document ends");
    }

    // Up to two quotes may stand directly before the closing three.
    private bool ClosesMultiLine(char quote)
    {
        var run = 0;
        while (_at + run < text.Length && text[_at + run] == quote)
        {
            run++;
        }

        return run is 3 || (run > 5 ? throw Error("too many quotes at the end of a string") : false);
    }

    private void TakeStringCharacter(bool multiLine)
    {
        if (multiLine && TakeLineEnd())
        {
            return;
        }

        if (IsForbiddenControl(Current))
        {
            throw Error("a string holds a control character or an unexpected end of line");
        }

        _at++;
    }

    private void ReadEscape(StringBuilder value, bool multiLine)
    {
        var c = Current;
        _at++;
        switch (c)
        {
            case 'b': value.Append('\b'); break;
            case 't': value.Append('\t'); break;
            case 'n': value.Append('\n'); break;
            case 'f': value.Append('\f'); break;
            case 'r': value.Append('\r'); break;
            case '"': value.Append('"'); break;
            case '\\': value.Append('\\'); break;
            case 'u': AppendCodePoint(value, 4); break;
            case 'U': AppendCodePoint(value, 8); break;
            case ' ' or '\t' or '\n' or '\r' when multiLine:
                _at--;
                SkipSpaces();
                if (!TakeLineEnd())
                {
                    throw Error("only a line end may follow a backslash and spaces");
                }

                while (Current is ' ' or '\t' || (Current is '\r' or '\n' && !AtEnd))
                {
                    if (Current is ' ' or '\t')
                    {
                        _at++;
                    }
                    else if (!TakeLineEnd())
                    {
                        throw Error("a carriage return stands alone");
                    }
                }

                break;
            default:
                throw Error("an escape is not one of TOML");
        }
    }

    private void AppendCodePoint(StringBuilder value, int digits)
    {
        if (_at + digits > text.Length
            || !int.TryParse(text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var codePoint)
            || !Rune.TryCreate(codePoint, out var rune))
        {
            throw Error("an escape is not a Unicode character");
        }

        value.Append(rune.ToString());
        _at += digits;
    }

    private JsonNode ReadScalar()
    {
        var start = _at;
        while (!AtEnd && Current is not (',' or ']' or '}' or '#' or '\n' or '\r' or '\t') && (Current != ' ' || StandsInsideDate(start)))
        {
            _at++;
        }

        var word = text[start.._at];
        if (word is "true" or "false")
        {
            return JsonValue.Create(word is "true");
        }

        if (word.TrimStart('+', '-') is "inf" or "nan" && word.Length <= 4)
        {
            return JsonValue.Create(word)!;
        }

        if (Integer().IsMatch(word))
        {
            return ParseInteger(word.Replace("_", "", StringComparison.Ordinal));
        }

        if (Float().IsMatch(word)
            && double.TryParse(
                word.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number))
        {
            return JsonValue.Create(number);
        }

        return word.Length > 0 && DateOrTime().IsMatch(word)
            ? JsonValue.Create(word)!
            : throw Error("a value is expected: a string in quotes, a number, true, false or a date");
    }

    // RFC 3339 lets a space stand between date and time.
    private bool StandsInsideDate(int start) =>
        _at - start == 10 && _at + 1 < text.Length && char.IsAsciiDigit(text[_at + 1]) && Date().IsMatch(text.AsSpan(start, 10));

    private JsonNode ParseInteger(string word)
    {
        long value;
        var parsed = word.Length > 2 && word[0] == '0' && char.IsAsciiLetter(word[1])
            ? TryParseRadix(word.AsSpan(2), word[1] switch { 'x' => 16, 'o' => 8, _ => 2 }, out value)
            : long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        return parsed ? JsonValue.Create(value) : throw Error("an integer does not fit 64 bits");
    }

    private static bool TryParseRadix(ReadOnlySpan<char> digits, uint radix, out long value)
    {
        value = 0;
        foreach (var c in digits)
        {
            var digit = (long)Convert.ToUInt32(c.ToString(), 16);
            if (value > (long.MaxValue - digit) / radix)
            {
                return false;
            }

            value = value * radix + digit;
        }

        return true;
    }

    [GeneratedRegex(
        @"^(?:[+-]?(?:0|[1-9](?:_?[0-9])*)|0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|0o[0-7](?:_?[0-7])*|0b[01](?:_?[01])*)$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Integer();

    [GeneratedRegex(
        @"^[+-]?(?:0|[1-9](?:_?[0-9])*)(?:\.[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Float();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", RegexOptions.CultureInvariant)]
    private static partial Regex Date();

    [GeneratedRegex(
        @"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2})?(?:(?:^|[Tt ])[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?)?$",
        RegexOptions.CultureInvariant)]
    private static partial Regex DateOrTime();
}
