import { expect, test } from 'vitest';
import { expectedOf, imageOf, nodeTasks } from '../../test/fakes/tasks.ts';

const { call } = nodeTasks();
const all: [string,string,(e:any)=>unknown[]][] = [
 ['feature-extraction','encoder', e=>[e.texts,{pooling:'mean',normalize:true}]],
 ['feature-extraction','encoder', e=>[e.texts,{pooling:'cls'}]],
 ['rerank','cross-encoder', e=>[e.query,e.documents]],
 ['text-classification','classifier', e=>[e.texts,{top_k:3}]],
 ['zero-shot-classification','classifier', e=>[e.text,e.labels,{hypothesis_template:e.template}]],
 ['zero-shot-classification','classifier', e=>[e.text,e.labels,{hypothesis_template:e.template,multi_label:true}]],
 ['token-classification','tagger', e=>[e.text]],
 ['question-answering','reader', e=>[e.question,e.context]],
 ['fill-mask','filler', e=>[e.text,{top_k:3}]],
 ['text2text-generation','writer', e=>[e.texts,{max_new_tokens:8}]],
 ['image-classification','image-classifier', e=>[imageOf(e.image),{top_k:4}]],
 ['image-feature-extraction','image-encoder', e=>[imageOf(e.image)]],
 ['object-detection','detector', e=>[imageOf(e.image),{threshold:.1}]],
 ['image-segmentation','segmenter', e=>[imageOf(e.image)]],
 ['depth-estimation','depth', e=>[imageOf(e.image)]],
 ['background-removal','matte', e=>[imageOf(e.image)]],
 ['image-to-text','captioner', e=>[imageOf(e.image),{max_new_tokens:8}]],
 ['zero-shot-image-classification','clip', e=>[imageOf(e.image),e.labels,{hypothesis_template:e.template}]],
];
test.each(all)('%s %s', async (task, model, args) => {
  const e = expectedOf(model)[task] as any;
  const r = (await call(task, model, ...args(e))) as any;
  console.log(task, JSON.stringify(r, (k,v)=> typeof v==='bigint'?Number(v): ArrayBuffer.isView(v)?[...(v as any)].slice(0,8):v).slice(0,700),'\nEXPECTED', JSON.stringify({...e,image:0}).slice(0,700));
});
