using System.Runtime.CompilerServices;

namespace Casemate.Rego.Syntax;

/// <summary>Reads modules and queries. Descends recursively with a checked depth.</summary>
internal sealed partial class Parser
{
    internal const int MaximumDepth = 512;
    private static readonly HashSet<string> s_reserved =
        ["as", "default", "else", "false", "import", "package", "not", "null", "true", "with", "some"];

    private readonly string _file;
    private readonly string _text;
    private readonly List<Token> _tokens;
    private readonly HashSet<string> _keywords = [];
    private readonly List<Import> _dialectImports = [];
    private readonly List<(RegoLocation At, string Form)> _olderForms = [];
    private RegoVersion _version;
    private int _at;
    private int _depth;
    private Token _token;

    private Parser(string file, string text, RegoVersion version)
    {
        _file = file;
        _text = text;
        _tokens = Lexer.Read(file, text);
        _token = _tokens[0];
        _version = version;
        if (version is RegoVersion.V1)
        {
            AddAllKeywords();
        }
    }

    /// <summary>Reads a module.</summary>
    /// <exception cref="RegoSyntaxException">The text is no module.</exception>
    public static Module ReadModule(string file, string text, RegoVersion version) => new Parser(file, text, version).Module();

    /// <summary>Reads a query: the body of a rule without braces.</summary>
    /// <exception cref="RegoSyntaxException">The text is no query.</exception>
    public static Literal[] ReadQuery(string file, string text)
    {
        var parser = new Parser(file, text, RegoVersion.V1);
        var body = parser.Body(TokenKind.End);
        return body.Length == 0 ? throw parser.Fail("the query is empty") : body;
    }

    /// <summary>Reads one term without variables.</summary>
    /// <exception cref="RegoSyntaxException">The text is no term.</exception>
    public static Term ReadTerm(string file, string text)
    {
        var parser = new Parser(file, text, RegoVersion.V1);
        var term = parser.Expression();
        return parser._token.Kind is TokenKind.End ? term : throw parser.Fail("text follows the term");
    }

    private Module Module()
    {
        if (!IsWord("package"))
        {
            throw Fail("package expected");
        }

        var statements = new List<AnnotatedStatement> { new(_token.Line, AnnotatedKind.Package, null) };
        Advance();
        var package = PathOf(Reference(), "package name");
        EndStatement();
        var (imports, rules) = (new List<Import>(), new List<Rule>());
        while (_token.Kind is not TokenKind.End)
        {
            var line = _token.Line;
            if (IsWord("import"))
            {
                ReadImport(imports);
                statements.Add(new AnnotatedStatement(line, AnnotatedKind.Import, null));
            }
            else
            {
                var first = rules.Count;
                ReadRules(rules);
                statements.Add(new AnnotatedStatement(line, AnnotatedKind.Rule, rules[first]));
            }
        }

        return new Module(_file, package, _version, imports, rules)
        {
            DialectImports = _dialectImports,
            Annotations = AnnotationReader.Read(_file, _text, _tokens, package, statements),
            OlderForms = _version is RegoVersion.V0 ? _olderForms : [],
        };
    }

    private void ReadImport(List<Import> imports)
    {
        var at = Here();
        Advance();
        var path = PathOf(Reference(), "import path");
        var alias = path[^1];
        if (IsWord("as"))
        {
            Advance();
            alias = Word("alias");
        }

        EndStatement();
        if (path[0] is "future" or "rego")
        {
            _dialectImports.Add(new Import(at, path, alias));
        }

        switch (path)
        {
            case ["future", "keywords"]:
                AddAllKeywords();
                break;
            case ["future", "keywords", "if" or "in" or "every" or "contains" or "not"]:
                _keywords.Add(path[2]);
                if (path[2] == "every")
                {
                    _keywords.Add("in");
                }

                break;
            case ["rego", "v1"]:
                _version = RegoVersion.V1;
                AddAllKeywords();
                break;
            case ["data" or "input", ..]:
                if (alias is not "input" and not "data" || path.Length > 1)
                {
                    imports.Add(new Import(at, path, alias));
                }

                break;
            default:
                throw new RegoSyntaxException(at,
                    $"unexpected import path, must begin with one of: {{data, future, input, rego}}, got: {path[0]}");
        }
    }

    private void AddAllKeywords()
    {
        _keywords.Add("if");
        _keywords.Add("in");
        _keywords.Add("every");
        _keywords.Add("contains");
    }

    private string[] PathOf(Term term, string what)
    {
        if (term is NameTerm single)
        {
            return [single.Name];
        }

        if (term is ReferenceTerm { Head: NameTerm head } reference
            && reference.Path.All(part => part is ConstantTerm { Value: RegoString }))
        {
            return [head.Name, .. reference.Path.Select(part => ((RegoString)((ConstantTerm)part).Value).Value)];
        }

        throw new RegoSyntaxException(term.At, $"{what} must be names and strings only");
    }

    private void Advance() => _token = _tokens[Math.Min(++_at, _tokens.Count - 1)];

    private Token Peek(int ahead = 1) => _tokens[Math.Min(_at + ahead, _tokens.Count - 1)];

    private bool IsWord(string word) => _token.Kind is TokenKind.Name && _token.Text == word;

    private bool IsKeyword(string word) => IsWord(word) && _keywords.Contains(word);

    private bool IsReserved(string word) => s_reserved.Contains(word) || (_version is RegoVersion.V1 && _keywords.Contains(word));

    private string Word(string what)
    {
        if (_token.Kind is not TokenKind.Name || IsReserved(_token.Text))
        {
            throw Fail($"{what} expected");
        }

        var word = _token.Text;
        if (word is "if" or "in" or "every" or "contains")
        {
            _olderForms.Add((Here(), $"the keyword '{word}' is a name"));
        }

        Advance();
        return word;
    }

    private void Expect(TokenKind kind, string what)
    {
        if (_token.Kind != kind)
        {
            throw Fail($"{what} expected");
        }

        Advance();
    }

    // A statement ends at the end of its line, at a semicolon or at the end of the text.
    private void EndStatement()
    {
        if (_token.Kind is TokenKind.Semicolon)
        {
            Advance();
        }
        else if (_token.Kind is not TokenKind.End && _token.Line == _tokens[_at - 1].Line)
        {
            throw Fail("unexpected token: a new line or ; expected");
        }
    }

    private RegoLocation Here() => new(_file, _token.Line, _token.Column);

    private RegoSyntaxException Fail(string message) => new(Here(), _token.Kind switch
    {
        TokenKind.End => $"unexpected eof token: {message}",
        TokenKind.Name => $"unexpected {(IsReserved(_token.Text) ? "keyword" : "name")} '{_token.Text}': {message}",
        _ => $"unexpected token '{_text[_token.Start..Math.Min(_token.End, _token.Start + 20)]}': {message}",
    });

    private void Enter()
    {
        if (++_depth > MaximumDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Fail($"nested deeper than {MaximumDepth} levels");
        }
    }

    private void Leave() => _depth--;

    // A row of operators or keys is a tree as deep as the row is long.
    private void CheckLength(int length)
    {
        if (length > MaximumDepth)
        {
            throw Fail($"a row of operators or keys is longer than {MaximumDepth}");
        }
    }
}
