// What the test page loads: clients of OpenAI's and Anthropic's APIs that others wrote, and our own package, as a
// site would bundle them.
import Anthropic from '@anthropic-ai/sdk';
import { HumanMessage, SystemMessage } from '@langchain/core/messages';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { RunnableLambda } from '@langchain/core/runnables';
import { tool as langchainTool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { generateObject, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { hearth as hearthProvider } from '../../src/page/client/ai-sdk.ts';
import * as client from '../../src/page/client/index.ts';

const shapes = {
  Anthropic,
  HumanMessage,
  SystemMessage,
  langchainTool,
  ChatPromptTemplate,
  RunnableLambda,
  StringOutputParser,
  ChatOpenAI,
  OpenAIEmbeddings,
  generateObject,
  generateText,
  jsonSchema,
  stepCountIs,
  streamText,
  tool,
  OpenAI,
  hearthProvider,
  client,
};
Object.assign(globalThis, { shapes });
export type Shapes = typeof shapes;
