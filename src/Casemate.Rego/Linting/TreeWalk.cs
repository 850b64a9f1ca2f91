using Casemate.Rego.Syntax;

namespace Casemate.Rego.Linting;

/// <summary>Visits every term of a rule as written, inner bodies included.</summary>
internal sealed class TreeWalk(Action<Term> term, Action<Literal> literal)
{
    /// <summary>One branch; those after <c>else</c> are not visited.</summary>
    public void Branch(Rule rule)
    {
        Visit(rule.Path);
        Visit(rule.Arguments ?? []);
        Visit(rule.Value);
        Visit(rule.Body);
    }

    private void Visit(Literal[] body)
    {
        foreach (var each in body)
        {
            literal(each);
            Visit(each.Key);
            Visit(each.Left);
            Visit(each.Right);
            Visit(each.Names);
            Visit(each.Body);
            foreach (var (target, value) in each.With)
            {
                Visit(target);
                Visit(value);
            }
        }
    }

    private void Visit(Term[] terms) => Array.ForEach(terms, Visit);

    private void Visit(Term? each)
    {
        if (each is null)
        {
            return;
        }

        term(each);
        if (each is ComprehensionTerm comprehension)
        {
            Visit(comprehension.Key);
            Visit(comprehension.Value);
            Visit(comprehension.Body);
        }
        else
        {
            TermParts.ForEach(each, this, static (part, walk) => walk.Visit(part));
        }
    }
}
