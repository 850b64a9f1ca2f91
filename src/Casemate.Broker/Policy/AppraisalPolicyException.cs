namespace Casemate.Broker;

/// <summary>A policy file cannot be used; the message says where, what is wrong and what to write instead.</summary>
public sealed class AppraisalPolicyException : FormatException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="line">Line, from 1.</param>
    /// <param name="column">Column, from 1.</param>
    /// <param name="problem">What is wrong there.</param>
    public AppraisalPolicyException(int line, int column, string problem)
        : base($"line {line}, column {column}: {problem}") => (Line, Column, Problem) = (line, column, problem);

    /// <summary>Line, from 1.</summary>
    public int Line { get; }

    /// <summary>Column, from 1.</summary>
    public int Column { get; }

    /// <summary>What is wrong, without the place.</summary>
    public string Problem { get; }
}
