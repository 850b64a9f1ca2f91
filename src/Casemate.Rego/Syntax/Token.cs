namespace Casemate.Rego.Syntax;

/// <summary>One token. <see cref="Text"/> is the name, the number's spelling, or the string without quotes and escapes.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, int Line, int Column, int Start, int End, bool SpaceBefore,
    bool IsRaw = false);
