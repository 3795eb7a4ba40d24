namespace Turnpike.LoadTest.Turn;

/// <summary>Gives each new allocation its credential. Read on the generator's thread; never waits.</summary>
internal interface ITurnCredentials
{
    TurnCredential Current { get; }
}
